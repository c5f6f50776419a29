"""Words a manager uses for times, money and counts: rounded for reading."""

from datetime import datetime

MINUTE_S = 60
HOUR_S = 60 * MINUTE_S
DAY_S = 24 * HOUR_S
# Older than this, a date says more than a number of days.
AGE_IN_DAYS_UNTIL = 14

# Events whose names, taken apart, would say something else to a person.
_EVENTS = {
    "StepClaimed": "Step begun",
    "StepHeld": "Step held for consent",
    "StepSpread": "Step given to several agents",
    "StepSucceeded": "Attempt succeeded",
    "StepRetried": "Attempt repeated",
    "StepRerouted": "Step given to another agent",
    "StepRepeated": "Step repeated by a person",
    "LeaseExpired": "Worker lost",
    "ConditionUnmet": "Step skipped by its condition",
    "ChildEnded": "Inner run ended",
    "TimerFired": "Time has come",
    "StepNotUndone": "Step could not be undone",
    "BudgetRefused": "Call refused by a budget",
    "BudgetRemoved": "Budget lifted",
    "CallSettled": "Late answer counted",
}

# Advance widths of Inter in em, in three classes.
_THIN, _BROAD = frozenset(" .,:;'|!()[]ijltfrI-·"), frozenset("mwMWOQGDHNU@%—…")
_NARROW, _USUAL, _WIDE = 0.31, 0.59, 0.8


def age(moment: datetime, now: datetime) -> str:
    """Say how far a moment is from now: "41 s", "2 min", "3 h", "5 d", or its date."""
    distance_s = abs((now - moment).total_seconds())
    if distance_s < MINUTE_S:
        return f"{int(distance_s)} s"
    if distance_s < HOUR_S:
        return f"{int(distance_s // MINUTE_S)} min"
    if distance_s < DAY_S:
        return f"{int(distance_s // HOUR_S)} h"
    if distance_s < AGE_IN_DAYS_UNTIL * DAY_S:
        return f"{int(distance_s // DAY_S)} d"
    return f"{moment.day} {moment:%b %Y}"


def when(moment: datetime, now: datetime) -> str:
    """Say the age as part of a sentence: "2 min ago", "in 12 min", "on 3 Mar 2026"."""
    words = age(moment, now)
    if words[-1].isdigit():
        return f"on {words}"
    return f"{words} ago" if moment <= now else f"in {words}"


def exact(moment: datetime) -> str:
    """Return the moment to the second, for hovering."""
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def moment(moment: datetime) -> str:
    """Return the time of day to the millisecond: "14:03:22.418"."""
    return f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03}"


def duration(seconds: float) -> str:
    """Say how long something took: "38 ms", "1.4 s", "2 min 14 s", "3 h 5 min", "2 d 4 h"."""
    if seconds < 0.9995:
        return f"{max(seconds, 0) * 1000:.0f} ms"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    for unit_s, unit, small_s, small in (
        (DAY_S, "d", HOUR_S, "h"),
        (HOUR_S, "h", MINUTE_S, "min"),
        (MINUTE_S, "min", 1, "s"),
    ):
        if whole >= unit_s:
            rest = whole % unit_s // small_s
            return f"{whole // unit_s} {unit} {rest} {small}" if rest else f"{whole // unit_s} {unit}"
    return f"{whole} s"


def quick(micros: int) -> str:
    """Say how long something took that is over in a moment: "471 µs", "61 ms"."""
    return f"{micros} µs" if micros < 1000 else duration(micros / 1_000_000)


def money(microusd: int) -> str:
    """Say an amount of US dollars, with as many digits as matter: "$0.021", "$212.40", "$12,300"."""
    dollars = microusd / 1_000_000
    size = abs(dollars)
    if size == 0:
        return "$0"
    if size < 0.0005:
        return "< $0.001"
    if size < 1:
        return f"${dollars:.3f}"
    return f"${dollars:,.2f}" if size < 10_000 else f"${dollars:,.0f}"


def exact_money(microusd: int) -> str:
    """Return an amount to the last micro-dollar, for hovering."""
    return f"${microusd / 1_000_000:,.6f}"


def count(number: int) -> str:
    """Say a count: "14,208", "1.2 million"."""
    return f"{number:,}" if abs(number) < 1_000_000 else f"{number / 1_000_000:.1f} million"


def number(value: float) -> str:
    """Return a number to its last digit, without a needless zero: "148", "19.9"."""
    return str(int(value)) if value == int(value) else repr(value)


def percent(share: float) -> str:
    """Say a share of one as a percentage: "99.2%", "41%", "100%"."""
    value = share * 100
    return f"{value:.0f}%" if value == int(value) or value < 10 else f"{value:.1f}%"


def plural(number: int, one: str, many: str | None = None) -> str:
    """Say a number with its noun: "1 agent", "6 agents"."""
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def days(number: float) -> str:
    """Say a number of days, whole unless there are few: "30 days", "1 day", "1.5 days"."""
    rounded = round(number, 1) if number < 10 else round(number)
    return f"{rounded:g} {'day' if rounded == 1 else 'days'}"


def event(kind: str) -> str:
    """Write the name of an event as words: RunStarted → "Run started"."""
    return _EVENTS.get(kind) or _apart(kind)


def _apart(kind: str) -> str:
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in kind).strip().capitalize()


def shortened(identifier: object) -> str:
    """Return an identifier short enough to read; UUIDs of version 7 differ at their end."""
    text = str(identifier)
    return f"{text[:8]}…{text[-4:]}"


def width_of(text: str, size_px: float) -> float:
    """Return about how wide a text is in Inter."""
    return size_px * sum(_NARROW if letter in _THIN else _WIDE if letter in _BROAD else _USUAL for letter in text)


def fit(text: str, width_px: float, size_px: float) -> str:
    """Shorten a text to a width, for SVG, which cannot."""
    if width_of(text, size_px) <= width_px:
        return text
    kept = text
    while kept and width_of(kept + "…", size_px) > width_px:
        kept = kept[:-1]
    return kept.rstrip(" ·,") + "…"
