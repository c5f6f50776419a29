"""Take a person's values out of rows that are no record: for an erasure, whatever table they are in."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.db import connection, models

from coordination.engine.proof.personal import ERASED, Finder

_SET = "SELECT set_config('coordination.erasing', %s, true)"
_AT_A_TIME = 500
# Shorter columns hold names of agents, steps and kinds; these longer ones name rows to each other.
_SHORTEST_TEXT = 100
_NAMES = frozenset({"subject", "idempotency_key", "action_digest", "chain_digest", "digest", "digest_seen", "sha256"})


@contextmanager
def erasing() -> Iterator[None]:
    """Let the database change what it refuses to change otherwise; needs a transaction."""
    with connection.cursor() as cursor:
        cursor.execute(_SET, ["on"])
        yield
        cursor.execute(_SET, [""])


def scrub(rows: models.QuerySet[Any], finder: Finder) -> int:
    """Write the rows without the person's values in any column that can hold text, and return how many changed."""
    fields = [field for field in rows.model._meta.concrete_fields if _can_tell(field)]
    names = [field.name for field in fields]
    changed: list[models.Model] = []
    for row in rows.only("pk", *names).iterator(_AT_A_TIME):
        scrubbed = {field: finder.scrubbed(getattr(row, field.name), field.name) for field in fields}
        if any(value != getattr(row, field.name) for field, value in scrubbed.items()):
            for field, value in scrubbed.items():
                setattr(row, field.name, _fitting(row, field, value))
            changed.append(row)
    if changed:
        rows.model._default_manager.bulk_update(changed, names, batch_size=_AT_A_TIME)
    return len(changed)


def belonging_to(owner: models.QuerySet[Any], plain: str = "") -> Iterator[models.QuerySet[Any]]:
    """Yield the rows of every table that names the owners, by a foreign key or in a plain column of that name.

    Asked of the models themselves: a table that is added later is scrubbed too.
    """
    keys = list(owner.values_list("pk", flat=True))
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if model is not owner.model and (field.related_model is owner.model or (plain and field.name == plain)):
                yield model._default_manager.filter(**{f"{field.name}__in": keys})


def _can_tell(field: Any) -> bool:
    """Tell whether a column may hold what people say."""
    if field.name in _NAMES or field.choices:
        return False
    if isinstance(field, models.CharField):
        return field.max_length is None or field.max_length >= _SHORTEST_TEXT
    return isinstance(field, models.JSONField | models.TextField)


def _fitting(row: models.Model, field: Any, value: Any) -> Any:
    """Return a text that fits its column; where no two may be the same, two that were erased differ."""
    if not isinstance(value, str) or value == getattr(row, field.name):
        return value
    if any(field.name in one.fields for one in row._meta.constraints if isinstance(one, models.UniqueConstraint)):
        value = f"{value} {row.pk}" if ERASED in value else value
    return value[: field.max_length] if field.max_length else value
