"""Another key signs from now on: whoever trusts the first can follow, and nobody slips in between."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import CommandError, call_command
from django.db import transaction

from coordination.accounts.models import Organization
from coordination.audit.errors import SigningKeyUnknown
from coordination.audit.models import AuditEvent, AuditKey
from coordination.audit.services import Entry, append, verify
from coordination.audit.services.keys import key_in
from coordination.engine.proof.note import Verifier
from tests.factories import make_organization
from tests.sealing import seal_all

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def key_file(settings: Any, tmp_path: Path) -> Path:
    settings.LEDGER_SIGNING_KEY_FILE = tmp_path / "first"
    return tmp_path / "first"


@pytest.fixture
def acme() -> Organization:
    """Return an organization with a sealed record."""
    organization = make_organization()
    write(organization)
    seal_all()
    return organization


def write(organization: Organization) -> None:
    with transaction.atomic():
        append(organization.id, "run:1", "user:manager", [Entry("StepReady")])


def rotated(settings: Any, to: Path) -> bytes:
    """Let the key in the file sign, on every machine, and return it."""
    call_command("audit", "rotate-key", str(to), stdout=StringIO())
    settings.LEDGER_SIGNING_KEY_FILE = to
    return public(to)


def public(path: Path) -> bytes:
    return key_in(path).public_key().public_bytes_raw()


def pinned(path: Path) -> str:
    return Verifier("any", public(path)).text()


def verified(pack: Path, key: Path) -> str:
    out = StringIO()
    call_command("audit", "verify", "--pack", str(pack), "--key", pinned(key), stdout=out, stderr=StringIO())
    return out.getvalue()


def test_every_organization_has_a_record_of_it_and_nothing_is_sealed_with_the_old_key(
    acme: Organization, settings: Any, tmp_path: Path
) -> None:
    globex = make_organization("globex")
    call_command("audit", "rotate-key", str(tmp_path / "second"), stdout=StringIO())
    told = AuditEvent.objects.filter(kind="SigningKeyChanged")
    assert {event.organization_id for event in told} == {acme.pk, globex.pk}
    with pytest.raises(SigningKeyUnknown):
        seal_all()
    settings.LEDGER_SIGNING_KEY_FILE = tmp_path / "second"
    assert seal_all() == 2
    assert verify().first_bad is None


def test_who_pinned_the_first_key_follows_to_the_third(
    acme: Organization, settings: Any, tmp_path: Path, key_file: Path
) -> None:
    for name in ("second", "third"):
        rotated(settings, tmp_path / name)
        write(acme)
        seal_all()
    pack = tmp_path / "pack.zip"
    call_command("audit", "export", str(pack), stdout=StringIO())
    assert "5 records in 2 streams are intact" in verified(pack, key_file)
    assert verify(pinned=[public(key_file)]).first_bad is None
    with pytest.raises(CommandError, match="signed by none of the known keys"):
        verified(pack, tmp_path / "third")


def test_a_key_that_only_the_database_knows_signs_nothing(acme: Organization, settings: Any, tmp_path: Path) -> None:
    stranger = key_in(tmp_path / "stranger").public_key().public_bytes_raw()
    row = AuditKey.objects.create(public_key=stranger, created_at=AuditEvent.objects.get().occurred_at)
    settings.LEDGER_SIGNING_KEY_FILE = tmp_path / "stranger"
    write(acme)
    seal_all()
    assert AuditKey.objects.latest("id") == row
    assert "signed by none of the known keys" in str(verify().first_bad)


def test_no_key_comes_back(acme: Organization, settings: Any, tmp_path: Path, key_file: Path) -> None:
    rotated(settings, tmp_path / "second")
    with pytest.raises(CommandError, match="signs this audit log, or did before"):
        call_command("audit", "rotate-key", str(key_file), stdout=StringIO())


def test_a_file_that_is_no_key_changes_nothing(acme: Organization, tmp_path: Path) -> None:
    (tmp_path / "second").write_text("not a key")
    with pytest.raises(CommandError, match="can't be used"):
        call_command("audit", "rotate-key", str(tmp_path / "second"), stdout=StringIO())
    assert AuditKey.objects.count() == 1
    assert not AuditEvent.objects.filter(kind="SigningKeyChanged").exists()


def test_a_new_key_is_made_where_there_is_none(acme: Organization, settings: Any, tmp_path: Path) -> None:
    made = rotated(settings, tmp_path / "keys" / "second")
    assert bytes(AuditKey.objects.latest("id").public_key) == made
    assert isinstance(key_in(tmp_path / "keys" / "second"), Ed25519PrivateKey)
