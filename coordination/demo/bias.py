"""A monitor with a history, so that its page shows what a real one would: made-up people, the same at every start."""

import random
from datetime import timedelta
from typing import Final

from coordination.accounts.actors import SYSTEM, Actor
from coordination.accounts.models import Organization
from coordination.bias.selectors import monitors
from coordination.bias.services import Decided, Known, TurnedOut, count_decisions, join_outcomes, put_characteristics
from coordination.engine.manifest import Manifest
from coordination.insights.services import look_at, save_monitor
from coordination.shared.clock import now

NAME: Final = "warranty-claims"
_N: Final = 480
_AT_ONCE: Final = 40
# How often each group's claims are accepted.
_RATES: Final = {"18-64": 0.62, "65 and over": 0.38}
_LANGUAGES: Final = {"English": 0.0, "Spanish": -0.02, "Polish": 0.01}
_SPEC: Final = {
    "attributes": [
        {"name": "age-band", "reference": "18-64", "groups": ["18-64", "65 and over"]},
        {"name": "language", "reference": "English", "groups": ["English", "Spanish", "Polish"]},
    ],
    "intersections": True,
    "probe": {
        "agent": "sentiment-blend",
        "capability": "read.sentiment",
        "inputs": [
            {"text": "She is not happy: her mixer broke after two days."},
            {"text": "He says the lamp he bought is fine, but his parcel came late."},
            {"text": "I want my money back."},
        ],
        "terms": {"women": ["she", "her", "Mrs"], "men": ["he", "his", "Mr"]},
        "favourable": "output.sentiment >= 0.0",
    },
}


def furnish(organization: Organization, actor: Actor) -> None:
    """Make the monitor and its history, unless the organization has one already."""
    if monitors(organization).exists():
        return
    said = {
        "kind": "BiasMonitor",
        "metadata": {
            "name": NAME,
            "title": "Warranty claims",
            "description": "Made-up claims that a desk decided and posted; nothing of the product acts on them.",
        },
        "spec": _SPEC,
    }
    monitor = save_monitor(organization, Manifest.model_validate(said), actor)
    chance = random.Random(11)  # noqa: S311  (made-up people need no secrets)
    begin = now() - timedelta(days=20)
    people, decided, outcomes = [], [], []
    for at in range(_N):
        person, reference = f"claimant-{at}", f"claim-{at}"
        age = "65 and over" if chance.random() < 0.3 else "18-64"
        language = chance.choice(list(_LANGUAGES))
        is_good = chance.random() < _RATES[age] + _LANGUAGES[language]
        moment = begin + timedelta(days=20) * at / _N
        people += [Known(person, "age-band", age), Known(person, "language", language)]
        decided.append(Decided(reference, person, is_good, moment))
        if at < _N // 2:
            outcomes.append(TurnedOut(reference, chance.random() < (0.8 if is_good else 0.3), moment))
    put_characteristics(organization, people, actor)
    for start in range(0, _N, _AT_ONCE):
        count_decisions(monitor, decided[start : start + _AT_ONCE])
        look_at(monitor)
    # It is looked at again, and measured, as soon as a worker is there.
    join_outcomes(monitor, outcomes, SYSTEM)
