"""What is known of people for this purpose alone: kept apart, counted, never handed out."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.bias.models import BiasMonitor, Characteristic
from coordination.bias.services.records import record_of_people
from coordination.bias.subjects import digest_of_subject
from coordination.shared.clock import now

_BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Known:
    """Something known of a person."""

    subject: str
    name: str
    value: str


@transaction.atomic
def put_characteristics(organization: Organization, known: Iterable[Known], actor: Actor) -> int:
    """Keep what is known of people, the last said of each, and return of how many people that is."""
    # Ordered: two who write the same people at once wait for each other and not in a circle.
    rows = {(digest_of_subject(organization.pk, one.subject), one.name): one.value for one in known}
    Characteristic.objects.bulk_create(
        [
            Characteristic(organization=organization, subject=subject, name=name, value=value, updated_at=now())
            for (subject, name), value in sorted(rows.items())
        ],
        batch_size=_BATCH,
        update_conflicts=True,
        unique_fields=["organization", "subject", "name"],
        update_fields=["value", "updated_at"],
    )
    people = len({subject for subject, _ in rows})
    names = sorted({name for _, name in rows})
    _look_again(organization)
    record_of_people("CharacteristicsKept", organization, actor, people=people, attributes=[*names])
    return people


@transaction.atomic
def forget_person(organization: Organization, subject: str, actor: Actor) -> int:
    """Forget all that is known of a person and return how much that was; counts no longer name a group for them."""
    digest = digest_of_subject(organization.pk, subject)
    gone, _ = Characteristic.objects.filter(organization=organization, subject=digest).delete()
    _look_again(organization)
    record_of_people("CharacteristicsForgotten", organization, actor, people=1 if gone else 0, values=gone)
    return gone


@transaction.atomic
def forget_attribute(organization: Organization, name: str, actor: Actor) -> int:
    """Forget one attribute of everybody and return of how many people it was known."""
    gone, _ = Characteristic.objects.filter(organization=organization, name=name).delete()
    _look_again(organization)
    record_of_people("CharacteristicsForgotten", organization, actor, people=gone, attributes=[name])
    return gone


def _look_again(organization: Organization) -> None:
    BiasMonitor.objects.filter(organization=organization).update(is_stale=True)
