"""Proofs from the kept tree hold for every record and between any two sizes, at a cost that does not grow with it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from coordination.accounts.models import Organization
from coordination.audit import selectors
from coordination.audit.models import AuditEvent
from coordination.audit.selectors.proofs import Subtrees, consistency, inclusion
from coordination.audit.services import Entry, append
from coordination.engine.proof.merkle import (
    EMPTY_ROOT,
    Frontier,
    leaf_hash,
    verify_consistency,
    verify_inclusion,
)
from tests.factories import make_organization
from tests.integration.audit.tampering import as_superuser
from tests.sealing import seal_all

pytestmark = pytest.mark.django_db(transaction=True)
# In steps that meet no boundary of the batches, nor of the subtrees that are kept.
STEPS = (3, 254, 300, 1, 700)
SIZES = (3, 257, 557, 558, 1258)


@pytest.fixture
def acme(settings: Any, tmp_path: Path) -> Organization:
    """Return an organization whose log was sealed in several steps."""
    settings.LEDGER_SIGNING_KEY_FILE = tmp_path / "ledger_key"
    organization = make_organization()
    for run, count in enumerate(STEPS):
        with transaction.atomic():
            append(organization.id, f"run:{run}", "user:manager", [Entry("StepReady", {"n": n}) for n in range(count)])
        seal_all()
    return organization


def roots(organization: Organization) -> dict[int, bytes]:
    return {one.size: bytes(one.root) for one in selectors.checkpoints(organization)}


def leaves_in_order(organization: Organization) -> Iterator[bytes]:
    placed = [(selectors.place_of(event), event) for event in AuditEvent.objects.filter(organization=organization)]
    for _, event in sorted(((place[1], event) for place, event in placed if place), key=lambda pair: pair[0]):
        yield leaf_hash(event.body.encode())


def test_every_record_is_proved_by_every_checkpoint_that_covers_it(acme: Organization) -> None:
    assert tuple(sorted(roots(acme))) == SIZES
    leaves = list(leaves_in_order(acme))
    for size, root in roots(acme).items():
        assert Frontier().extended(leaves[:size]).root() == root
        subtrees = Subtrees(acme)
        for seq in {0, 1, 2, 255, 256, 257, 511, 512, 556, 557, 1023, 1024, 1257, size - 1} & set(range(size)):
            assert verify_inclusion(leaves[seq], seq, size, subtrees.inclusion(seq, size), root)


def test_every_checkpoint_is_proved_to_go_on_from_every_one_before_it(acme: Organization) -> None:
    known = roots(acme) | {0: EMPTY_ROOT}
    for old in known:
        for new in (size for size in known if size >= old):
            assert verify_consistency(old, new, known[old], known[new], consistency(acme, old, new))


def test_a_proof_costs_a_few_statements_whatever_the_size(acme: Organization) -> None:
    with CaptureQueriesContext(connection) as queries:
        inclusion(acme, 700, 1258)
    assert len(queries) <= 4
    subtrees = Subtrees(acme)
    subtrees.inclusion(700, 1258)
    with CaptureQueriesContext(connection) as queries:
        subtrees.inclusion(701, 1258)
    assert len(queries) == 0


def test_where_the_tree_was_changed_no_proof_holds(acme: Organization) -> None:
    leaf = list(leaves_in_order(acme))[700]
    as_superuser("DELETE FROM audit_auditnode WHERE level >= 8")
    assert not verify_inclusion(leaf, 700, 1258, inclusion(acme, 700, 1258), roots(acme)[1258])
    assert not verify_consistency(3, 1258, roots(acme)[3], roots(acme)[1258], consistency(acme, 3, 1258))


def test_another_organizations_tree_is_another(acme: Organization) -> None:
    globex = make_organization("globex")
    with transaction.atomic():
        append(globex.id, "run:1", "user:globex-admin", [Entry("RunStarted")] * 3)
    seal_all()
    leaf = next(leaves_in_order(globex))
    assert verify_inclusion(leaf, 0, 3, inclusion(globex, 0, 3), roots(globex)[3])
    assert not verify_inclusion(leaf, 0, 3, inclusion(acme, 0, 3), roots(acme)[3])
