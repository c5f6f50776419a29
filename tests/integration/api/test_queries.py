"""Ten rows cost as many statements as twenty."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from coordination.runs.models import Run
from tests.factories import make_member
from tests.integration.api.support import Caller

LISTS = [
    "agents/", "roles/", "tools/", "workflows/", "policies/", "knowledge-bases/", "runs/", "approvals/",
    "approvals/?assigned=me", "decisions/", "audit/", "members/", "tokens/", "memory/",
]  # fmt: skip


def statements(caller: Caller, path: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert caller.get(path).status_code == 200
    return len(captured)


def fill(admin: Caller, manager: Caller, work: Callable[[str], Run], first: int, n: int) -> None:
    """Make n more of everything."""
    for number in range(first, first + n):
        name = f"thing-{number}"
        specs: dict[str, dict[str, Any]] = {
            "roles": {},
            "tools": {"adapter": {"python": "a.b"}},
            "agents": {"role": "worker", "capabilities": ["work"], "adapter": {"python": "tests.acting.echo"}},
            "workflows": {"steps": [{"id": "one", "set": {}}]},
            "policies": {"rules": [{"key": "a", "statement": "S.", "when": "false", "effect": "allow"}]},
            "knowledge-bases": {"documents": [{"key": "a", "text": "Text."}]},
        }
        for plural, spec in specs.items():
            assert admin.put(f"{plural}/{name}/", {"metadata": {"name": name}, "spec": spec}).status_code == 201
        for kind in ("workflows", "policies"):
            admin.post(f"{kind}/{name}/publish/")
        make_member(admin.member.organization, name)
        manager.post("tokens/", {"name": name})
        work(manager.start().json()["id"])


@pytest.fixture
def everyone(calls: Callable[..., Caller]) -> Caller:
    caller = calls("everyone")
    caller.member.roles = ["manager", "reviewer", "admin", "auditor"]
    caller.member.save()
    return caller


def test_lists_cost_the_same_however_long(
    everyone: Caller, admin: Caller, manager: Caller, work: Callable[[str], Run]
) -> None:
    fill(admin, manager, work, 0, 10)
    everyone.get("runs/")
    with_ten = {path: statements(everyone, path) for path in LISTS}
    fill(admin, manager, work, 10, 10)
    with_twenty = {path: statements(everyone, path) for path in LISTS}
    assert with_twenty == with_ten
    # One's own queue also reads who is away, and what is withheld until one has judged alone.
    assert max(with_ten.values()) <= 7


def test_a_run_costs_the_same_however_many_steps(admin: Caller, manager: Caller) -> None:
    def cost(n: int) -> dict[str, int]:
        steps = [{"id": f"s{number}", "set": {"x": number}} for number in range(n)]
        admin.put("workflows/wide/", {"metadata": {"name": "wide"}, "spec": {"steps": steps}})
        admin.post("workflows/wide/publish/")
        run_id = manager.post("runs/", {"workflow": "wide"}).json()["id"]
        return {
            path: statements(manager, f"runs/{run_id}/{path}") for path in ("", "explain/", "events/", "decisions/")
        }

    assert cost(20) == cost(10)
