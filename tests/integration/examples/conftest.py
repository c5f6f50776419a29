"""Carry an example out: apply it, start it, answer what it asks, and follow it to its end."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings

from coordination.accounts.actors import SYSTEM
from coordination.accounts.models import Organization
from coordination.accounts.selectors import members
from coordination.approvals.models import ApprovalRequest
from coordination.manifests.applying import apply, load
from coordination.runs.models import Run
from coordination.runs.services import answer_approval, signal_run, start_run
from tests.factories import make_member, make_organization
from tests.integration.examples.expected import EXPECTED, Expected
from tests.working import work_off

EXAMPLES: Path = settings.BASE_DIR / "examples"


@pytest.fixture
def house(db: None) -> Organization:
    organization = make_organization("acme")
    make_member(organization, "rita", ["reviewer"])
    make_member(organization, "lena", ["reviewer"], ["lead"])
    return organization


@pytest.fixture
def carried_out(house: Organization) -> Callable[[str], Run]:
    """Return a function that brings an example to its end."""

    def carry_out(name: str) -> Run:
        apply(house, load(EXAMPLES / f"{name}.yaml"), SYSTEM)
        expected = EXPECTED[name]
        run = start_run(house, f"{name}-example", expected.input, actor=SYSTEM)
        return bring_to_its_end(house, run, expected)

    return carry_out


def bring_to_its_end(house: Organization, run: Run, expected: Expected) -> Run:
    """Do all the work, and send the signals and give the answers that the run waits for in between."""
    run = work_off(run)
    if run.status != "waiting":
        return run
    for name, payload in expected.signals:
        signal_run(house, run.pk, name, payload, SYSTEM)
    if expected.approved_by:
        asked = ApprovalRequest.objects.get(subject__startswith=f"run:{run.pk}/", state="pending")
        who = members(house).get(user__username=expected.approved_by)
        answer_approval(who, asked.pk, "approve", reason="seen", revision=asked.revision)
    return work_off(run)
