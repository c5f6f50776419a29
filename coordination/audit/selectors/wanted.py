"""What records are looked for by."""

import re
from dataclasses import dataclass
from datetime import datetime

from django.db.models import BooleanField, Q
from django.db.models.expressions import RawSQL

from coordination.audit import terms

# What stands in a body just as it is.
_PLAIN = re.compile(r"[A-Za-z0-9_.-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What records are looked for by; `since` is included; every word of `text` begins one of theirs."""

    kind: str = ""
    actor: str = ""
    agent: str = ""
    object: str = ""
    stream: str = ""
    decision: str = ""
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None

    @property
    def facets(self) -> set[str]:
        """Return the terms that a record must have."""
        named = (
            (terms.KIND, self.kind),
            (terms.ACTOR, self.actor),
            (terms.AGENT, self.agent),
            (terms.ABOUT, self.object),
            (terms.STREAM, self.stream),
            (terms.DECISION, self.decision),
        )
        return {terms.facet(kind, value) for kind, value in named if value}

    @property
    def words(self) -> list[str]:
        """Return what words of a record must begin with."""
        return list(terms.words_of(self.text))

    @property
    def columns(self) -> Q:
        """Return what columns of a record must say."""
        exact = {"kind": self.kind, "actor": self.actor, "stream": self.stream}
        wanted = Q(**{name: value for name, value in exact.items() if value})
        if self.object:
            wanted &= Q(object=self.object) | Q(object__startswith=f"{self.object}/")
        if self.since:
            wanted &= Q(occurred_at__gte=self.since)
        return wanted & Q(occurred_at__lt=self.until) if self.until else wanted

    @property
    def hints(self) -> list[RawSQL]:
        """Return what the body of a record must hold: told by PostgreSQL, so that few bodies must be read here."""
        plain = [value for value in (self.agent, self.decision) if _PLAIN.fullmatch(value)]
        words = [word for word in self.words if word.isascii()]
        return [*map(_holds, plain), *map(_holds_word, words)]


def _holds(value: str) -> RawSQL:
    return RawSQL("audit_auditevent.body LIKE %s", [f"%{value}%"], BooleanField())


def _holds_word(word: str) -> RawSQL:
    return RawSQL('lower(audit_auditevent.body COLLATE "C") LIKE %s', [f"%{word}%"], BooleanField())
