"""Who lives in the demo: two organizations that know nothing of each other."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

WORLDS: Final = Path(__file__).parent / "worlds"
PASSWORD: Final = "demo"


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who can sign in."""

    username: str
    roles: tuple[str, ...]
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class House:
    """An organization, its people, and the folder with everything they work with."""

    slug: str
    name: str
    people: tuple[Person, ...]
    world: Path
    # What all its runs may spend in a day.
    budget: Mapping[str, float]


ACME: Final = House(
    "acme",
    "Acme Home",
    (
        Person("manager", ("manager",)),
        Person("reviewer", ("reviewer",), ("support",)),
        Person("lead", ("reviewer",), ("support", "lead")),
        Person("admin", ("admin",)),
        Person("auditor", ("auditor",)),
    ),
    WORLDS / "customer-support",
    {"cost_usd": 25, "calls": 20_000},
)
GLOBEX: Final = House(
    "globex",
    "Globex Freight",
    (Person("globex-admin", ("admin", "manager")),),
    WORLDS / "mail-room",
    {"calls": 5_000},
)
HOUSES: Final = (ACME, GLOBEX)
# A writer that needs a model server; without one the extractive writer does its work.
WITH_MODEL: Final = WORLDS / "with-a-model"
