"""Whoever runs the server gives a person another address, on record."""

import pytest
from allauth.account.models import EmailAddress
from django.core.management import CommandError, call_command

from coordination.accounts.models import User
from coordination.audit.models import AuditEvent
from tests.factories import make_member, make_organization


def test_an_address_is_changed_on_record_and_the_old_one_opens_nothing(db: None) -> None:
    user = make_member(make_organization(), "ann").user
    EmailAddress.objects.create(user=user, email="old@acme.example", primary=True, verified=True)
    call_command("set_email", "ann", "new@acme.example")
    assert User.objects.get(username="ann").email == "new@acme.example"
    assert not EmailAddress.objects.exists()
    record = AuditEvent.objects.get(kind="AddressChanged")
    assert (record.actor, record.data["after"]) == ("system:coordination", "new@acme.example")


def test_a_wrong_or_taken_address_is_refused(db: None) -> None:
    organization = make_organization()
    make_member(organization, "ann")
    User.objects.filter(pk=make_member(organization, "bob").user_id).update(email="bob@acme.example")
    for name, address, said in (
        ("ann", "Bob@acme.example", "Another person has the address"),
        ("ann", "nowhere", "Enter a valid email address"),
        ("eve", "eve@acme.example", "There is nobody called eve"),
    ):
        with pytest.raises(CommandError, match=said):
            call_command("set_email", name, address)
