"""The pages about questions to people, as one strip of tabs, and those of its settings as another."""

from typing import Final

from coordination.web.contexts.parts import Choice, strip_of

QUEUE: Final = "queue"
LOOKS: Final = "second-looks"
REVIEWERS: Final = "reviewers"
FIGURES: Final = "figures"
SETTINGS: Final = "settings"
AWAY: Final = "away"
CLOCKS: Final = "clocks"
HOURS: Final = "hours"
DUTY: Final = "duty"
JUDGEMENT: Final = "judgement"
EXERCISES: Final = "exercises"
_TABS: Final = (
    (QUEUE, "Queue", "/approvals/"),
    (LOOKS, "Second looks", "/approvals/second-looks/"),
    (REVIEWERS, "Reviewers", "/approvals/reviewers/"),
    (FIGURES, "Figures", "/approvals/figures/"),
    (SETTINGS, "Settings", "/approvals/settings/"),
)
_SETTINGS: Final = (
    (CLOCKS, "Clocks", "/approvals/settings/"),
    (HOURS, "Work hours", "/approvals/settings/hours/"),
    (DUTY, "On duty", "/approvals/settings/duty/"),
    (AWAY, "Away", "/approvals/settings/away/"),
    (JUDGEMENT, "Judgement", "/approvals/settings/judgement/"),
    (EXERCISES, "Exercises", "/approvals/settings/exercises/"),
)


def tabs(here: str) -> list[Choice]:
    """Return the tabs, for components/tabs.html; `here` names the one that is open."""
    return strip_of(_TABS, here)


def settings_tabs(here: str, *, may_edit: bool) -> list[Choice]:
    """Return the settings, for components/chips.html; who is tested by exercises does not see the catalogue."""
    return strip_of(_SETTINGS if may_edit else [one for one in _SETTINGS if not one[2].endswith("/exercises/")], here)
