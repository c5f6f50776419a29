"""What a record means for people: what they are told, and what nobody has to do any more."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Told:
    """Something that people should know; `people` are members by id, each with the queue by which it reaches them.

    `key` is what it is told for once; empty means the record itself.
    """

    topic: str
    object: str
    link: str
    people: Mapping[UUID, str]
    title: str = ""
    band: str = ""
    key: str = ""
    queues: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Settled:
    """What was asked about an object is done, for everyone or for one member; `by` says how."""

    object: str
    by: str
    only: UUID | None = None


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one record means."""

    told: list[Told] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)
