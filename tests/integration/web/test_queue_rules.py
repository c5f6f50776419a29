"""The pages on which an organization says how its queue keeps time, and who decides in whose place."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from coordination.accounts.actors import SYSTEM
from coordination.approvals import services
from coordination.approvals.models import ApprovalRequest, DelegationRule
from coordination.approvals.selectors import rules_of
from coordination.shared.clock import now
from coordination.web.forms.queue_rules import typed_of_clocks, typed_of_duty, typed_of_hours
from tests.integration.web.conftest import House

SETTINGS = "/approvals/settings/"


@pytest.fixture
def admin(house: House) -> Client:
    return house.enter("admin", "admin")


def clocks(house: House, **changes: str) -> dict[str, str]:
    typed = {name: value for name, value in typed_of_clocks(rules_of(house.organization.pk)).items() if value}
    return {**typed, **changes}


def text(response: Any) -> str:
    found: str = response.content.decode()
    return found


def test_clocks_are_shown_to_all_and_changed_by_admins(house: House, admin: Client) -> None:
    reader = house.enter("reader", "reviewer")
    assert 'value="15m"' in text(reader.get(SETTINGS))
    assert reader.post(SETTINGS, clocks(house)).status_code == 403
    typed = {"high.decide": "2h", "calls.remind": "25", "levels": "reviewer lead\nadmin", "unattended": "on"}
    assert admin.post(SETTINGS, clocks(house, **typed)).status_code == 302
    rules = rules_of(house.organization.pk)
    assert (rules.clocks.high.decide, rules.calls.remind, rules.unattended) == ("2h", 0.25, True)
    assert [(level.role, level.group) for level in rules.levels] == [("reviewer", "lead"), ("admin", "")]
    assert "Version 1" in text(admin.get(SETTINGS))
    # What a form does not show stays.
    services.set_part(house.organization, "duty", {"people": ["admin"]}, SYSTEM)
    admin.post(SETTINGS, clocks(house, **{"low.decide": "2h"}))
    assert rules_of(house.organization.pk).duty.people == ("admin",)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"high.decide": "soon"}, "is not a duration"),
        ({"high.decide": "5h"}, "must not fall"),
        ({"calls.escalate": "40"}, "The reminder comes first"),
        ({"levels": "boss"}, "Levels"),
        ({"levels": ""}, "Levels"),
        ({"load.open": "0"}, "greater than or equal to 1"),
        ({"flood.within": ""}, "is not a duration"),
    ],
)
def test_clocks_that_make_no_sense_are_refused_where_they_were_typed(
    house: House, admin: Client, changes: dict[str, str], said: str
) -> None:
    refused = admin.post(SETTINGS, clocks(house, **changes))
    assert refused.status_code == 422
    assert said in text(refused).replace("&#x27;", "'")
    assert rules_of(house.organization.pk).clocks.high.decide == "1h"


def test_hours_are_set_queue_by_queue_and_dropped_again(house: House, admin: Client) -> None:
    house.enter("lea", "reviewer", groups=("lead",))
    assert "every hour counts" in text(admin.get(f"{SETTINGS}hours/"))
    form = text(admin.get(f"{SETTINGS}hours/group:lead/"))
    assert 'value="09:00-17:00"' in form
    typed = {"zone": "Europe/Berlin", "monday": "9:00-17:00", "always.critical": "on"}
    refused = admin.post(f"{SETTINGS}hours/group:lead/", typed)
    assert (refused.status_code, "is not a time of the day" in text(refused)) == (422, True)
    typed |= {"monday": "08:00–12:00, 13:00-16:30", "holidays": "2026-12-25 Christmas Day\n2026-12-26"}
    assert admin.post(f"{SETTINGS}hours/group:lead/", typed).status_code == 302
    hours = rules_of(house.organization.pk).calendars["group:lead"]
    assert (hours.monday, hours.tuesday, hours.around_the_clock) == ("08:00-12:00, 13:00-16:30", "", ("critical",))
    assert sorted(str(day) for day in hours.holidays) == ["2026-12-25", "2026-12-26"]
    shown = text(admin.get(f"{SETTINGS}hours/"))
    assert "Mon 08:00-12:00, 13:00-16:30" in shown
    assert "Tue to Sun nobody" in shown
    assert typed_of_hours(hours)["holidays"] == "2026-12-25 Christmas Day\n2026-12-26"
    admin.post(f"{SETTINGS}hours/group:lead/", {"drop": "1"})
    assert not rules_of(house.organization.pk).calendars


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"zone": "Europe/Berlinn"}, "there is no time zone"),
        ({"holidays": "christmas"}, "Holidays"),
        ({"monday": ""}, "somebody must work"),
        ({"monday": "09:00-13:00, 12:00-15:00"}, "overlap"),
    ],
)
def test_hours_that_make_no_sense_are_refused(house: House, admin: Client, changes: dict[str, str], said: str) -> None:
    refused = admin.post(f"{SETTINGS}hours/everybody/", {"zone": "UTC", "monday": "09:00-17:00", **changes})
    assert refused.status_code == 422
    assert said.lower() in text(refused).lower()


def test_hours_of_a_queue_that_nobody_is_in_are_not_found(admin: Client) -> None:
    assert admin.get(f"{SETTINGS}hours/group:nobody/").status_code == 404


def test_turns_on_duty_are_listed_and_changed(house: House, admin: Client) -> None:
    house.enter("ann", "reviewer")
    assert "Nobody is on duty" in text(admin.get(f"{SETTINGS}duty/"))
    today = now().date().isoformat()
    typed = {"people": "ann\nadmin", "turn": "day", "since": today, "zone": "UTC"}
    assert admin.post(f"{SETTINGS}duty/", typed).status_code == 302
    _, _, shown = text(admin.get(f"{SETTINGS}duty/")).partition("<h2>Turns</h2>")
    assert shown.index("<b>ann</b>") < shown.index("On duty now") < shown.index("<b>admin</b>")
    assert typed_of_duty(rules_of(house.organization.pk).duty) == typed
    refused = admin.post(f"{SETTINGS}duty/", {**typed, "people": "ann\nsomebody"})
    assert (refused.status_code, "somebody is not a member" in text(refused).lower()) == (422, True)
    assert house.enter("ann").post(f"{SETTINGS}duty/", typed).status_code == 403


def away(**changes: str) -> dict[str, str]:
    day = now().date()
    typed = {"to": "bob", "start": day.isoformat(), "end": (day + timedelta(days=2)).isoformat(), "reason": "Leave."}
    return {**typed, **{f"band.{band}": "on" for band in ("low", "medium", "high", "critical")}, **changes}


def test_whoever_is_away_names_who_decides_and_takes_it_back(house: House) -> None:
    ann, bob = house.enter("ann", "reviewer", groups=("lead",)), house.enter("bob", "reviewer")
    policy = {"when": "true", "effect": "require_approval", "approval": {"role": "reviewer", "group": "lead"}}
    house.world.policy("ask", **policy)
    asked = house.ask()
    assert "Nothing waits for you" in text(bob.get("/approvals/"))
    done = ann.post(f"{SETTINGS}away/", away(), follow=True)
    assert "bob decides in the place of ann." in text(done)
    rule = DelegationRule.objects.get()
    assert (rule.bands, rule.ends_at - rule.starts_at) == ([], timedelta(days=3))
    assert asked.title in text(bob.get("/approvals/"))
    bob.post(f"/approvals/{asked.pk}/answer/", {"verdict": "approve", "reason": "Fine.", "revision": "1"})
    asked = ApprovalRequest.objects.get(pk=asked.pk)
    held = asked.held or {}
    assert asked.decisions.exists() or held.get("username") == "bob"
    assert "bob for ann" in text(bob.get(f"{SETTINGS}away/"))
    assert "no longer decides" in text(ann.post(f"{SETTINGS}away/{rule.pk}/end/", follow=True))
    assert "over already" in text(ann.post(f"{SETTINGS}away/{rule.pk}/end/", follow=True))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"to": ""}, "Nobody is not a member"),
        ({"to": "ann"}, "Name someone else"),
        ({"reason": ""}, "Say why"),
        ({"end": "tomorrow"}, "Write a day"),
        ({"end": "2020-01-01"}, "ends before it begins"),
    ],
)
def test_an_absence_that_makes_no_sense_is_refused(house: House, changes: dict[str, str], said: str) -> None:
    ann = house.enter("ann", "reviewer")
    house.enter("bob", "reviewer")
    refused = ann.post(f"{SETTINGS}away/", away(**changes))
    assert refused.status_code == 422
    assert said in text(refused)
    none = {name: value for name, value in away().items() if not name.startswith("band.")}
    assert "Choose at least one risk" in text(ann.post(f"{SETTINGS}away/", none))


def test_admins_see_all_and_arrange_for_others_who_do_not(house: House, admin: Client) -> None:
    ann, _, cat = (house.enter(name, "reviewer") for name in ("ann", "bob", "cat"))
    assert admin.post(f"{SETTINGS}away/", away(**{"from": "ann"})).status_code == 302
    assert cat.post(f"{SETTINGS}away/", away(**{"from": "ann"})).status_code == 403
    assert "bob for ann" in text(admin.get(f"{SETTINGS}away/"))
    assert "bob for ann" in text(ann.get(f"{SETTINGS}away/"))
    assert "bob for ann" not in text(cat.get(f"{SETTINGS}away/"))
    rule = DelegationRule.objects.get()
    assert cat.post(f"{SETTINGS}away/{rule.pk}/end/").status_code == 403


def test_nobody_without_part_in_it_arranges_anything(house: House) -> None:
    manager = house.enter("manager", "manager")
    assert "Let them decide" not in text(manager.get(f"{SETTINGS}away/"))
    refused = manager.post(f"{SETTINGS}away/", away(to="manager"))
    assert refused.status_code == 422


def test_figures_say_how_the_queue_does(house: House) -> None:
    house.world.policy("ask", when="true", effect="require_approval", approval={"role": "reviewer"})
    reader = house.enter("ann", "reviewer")
    services.decide(house.ask(), house.people["ann"], "approve", "Fine.", 1)
    house.ask()
    shown = text(reader.get("/approvals/figures/"))
    assert "too few to say" in shown
    assert "30 days" in shown
    assert text(reader.get("/approvals/figures/?days=nonsense")).count("aria-current") >= 2


def test_a_question_says_whom_it_is_put_to_while_nobody_answers(house: House) -> None:
    house.world.policy("ask", when="true", effect="require_approval", approval={"role": "reviewer"})
    reader = house.enter("ann", "reviewer")
    services.set_part(house.organization, "duty", {"people": ["ann"]}, SYSTEM)
    asked = house.ask()
    shown = text(reader.get(f"/approvals/{asked.pk}/"))
    assert "Any reviewer of the group lead is asked in" in shown
    assert "ann, who is on duty then, is called in" in shown


def test_whoever_has_too_much_before_them_is_told_so(house: House) -> None:
    house.world.policy("ask", when="true", effect="require_approval", approval={"role": "reviewer"})
    ann = house.enter("ann", "reviewer")
    house.enter("bob", "reviewer")
    services.set_part(house.organization, "load", {"open": 2}, SYSTEM)
    for _ in range(3):
        house.ask()
    assert "more than one person can look at well" in text(ann.get("/approvals/"))
    assert services.share_out(now()) == 2
    shown = text(ann.get("/approvals/"))
    assert "2 waiting for you" in shown
    assert "1 question that you may decide too" in shown


@pytest.mark.parametrize("path", ["away/", "hours/", "duty/", ""])
def test_more_rules_ask_the_database_no_more(house: House, admin: Client, queries: Any, path: str) -> None:
    def add(first: int) -> None:
        for number in range(first, first + 10):
            name = f"person{number}"
            house.enter(name, "reviewer", groups=(f"team{number}",))
            wish = services.Wish(
                giver=name, taker="admin", starts_at=now(), ends_at=now() + timedelta(days=1), reason="Leave."
            )
            services.make_delegation(house.people[name], wish)

    add(0)
    few = queries(admin, f"{SETTINGS}{path}")
    add(10)
    assert queries(admin, f"{SETTINGS}{path}") == few
