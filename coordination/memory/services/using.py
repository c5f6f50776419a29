"""Note which run was given what: the way back from something poisoned."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from coordination.memory.models import MemoryUse, UseKind
from coordination.shared.clock import now


@dataclass(frozen=True, slots=True)
class Used:
    """One thing that an agent was given."""

    kind: UseKind
    used_id: UUID
    name: str
    version: int = 0
    taint: str = ""


def note_uses(organization_id: UUID, run_id: UUID, step_key: str, agent: str, used: Sequence[Used]) -> None:
    """Write down what an agent was given in a run."""
    moment = now()
    MemoryUse.objects.bulk_create(
        MemoryUse(
            organization_id=organization_id,
            run_id=run_id,
            step_key=step_key,
            agent=agent,
            kind=one.kind,
            used_id=one.used_id,
            name=one.name[:300],
            version=one.version,
            taint=one.taint,
            used_at=moment,
        )
        for one in used
    )
