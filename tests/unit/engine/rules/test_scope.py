"""What a rule and an exception from it are about."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from coordination.engine.rules.scope import Exemption, Scope

NOW = datetime(2026, 3, 1, tzinfo=UTC)
REFUND = {"run.workflow": "inquiry", "agent.name": "writer", "agent.role": "support", "action.name": "payments.refund"}


@pytest.mark.parametrize(
    ("scope", "covers"),
    [
        ({}, True),
        ({"actions": ("payments.*",)}, True),
        ({"actions": ("mail.*", "payments.*")}, True),
        ({"actions": ("mail.*",)}, False),
        ({"agents": ("writer",), "workflows": ("inquiry",), "roles": ("support",)}, True),
        ({"agents": ("writer",), "workflows": ("other",)}, False),
        ({"agents": ("Writer",)}, False),
    ],
)
def test_an_act_is_within_if_every_name_fits(scope: dict[str, Any], covers: bool) -> None:
    assert Scope(**scope).covers(REFUND) is covers


def test_an_act_by_nobody_is_outside_of_a_scope_of_agents() -> None:
    assert not Scope(agents=("writer",)).covers({"agent.name": ""})
    assert not Scope(agents=("writer",)).covers({})


def test_an_exemption_ends() -> None:
    exempt = Exemption(Scope(agents=("writer",)), until=NOW + timedelta(days=1))

    assert exempt.covers({**REFUND, "now": NOW})
    assert exempt.covers({**REFUND, "now": NOW.isoformat()})
    assert not exempt.covers({**REFUND, "now": NOW + timedelta(days=1)})
    assert not exempt.covers({**REFUND, "agent.name": "other", "now": NOW})


def test_without_a_time_nothing_is_exempt() -> None:
    assert not Exemption(Scope(), until=NOW).covers(REFUND)
