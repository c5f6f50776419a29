"""What a provable record costs: appending and sealing beside bare inserts of the same rows, checking beside hashing."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Barrier
from uuid import UUID

from django.db import connection, transaction

from coordination.accounts.models import Organization
from coordination.accounts.services import create_organization
from coordination.audit.models import AuditCheckpoint, AuditEvent
from coordination.audit.services import Entry, append, seal
from coordination.benchmarks import apart
from coordination.benchmarks.audit_verify import measure_verify
from coordination.benchmarks.measure import Measurement, Options
from coordination.shared.ids import new_id
from coordination.shared.json import JsonObject

RECORDS = 4_000
WRITERS = (1, 4, 8)
# What a step of a run writes about an agent's answer is about as long.
_DATA: JsonObject = {
    "step": "send",
    "attempt": 1,
    "agent": "writer@1",
    "output": {"text": "x" * 200},
    "cost_usd": "0.0012",
}
_SEALED_EVERY_S = 1
_LONGEST_START_S = 120

_BARE_TABLE = """
    CREATE TABLE IF NOT EXISTS bench_bare (
        id uuid PRIMARY KEY, organization_id uuid NOT NULL, occurred_at timestamptz NOT NULL, stream text NOT NULL,
        stream_no bigint NOT NULL, kind text NOT NULL, actor text NOT NULL, object text NOT NULL, body text NOT NULL
    );
    GRANT INSERT ON bench_bare TO PUBLIC
"""
_BARE_INSERT = "INSERT INTO bench_bare VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)"
Writer = Callable[..., None]


def measure(options: Options) -> Iterator[Measurement]:
    """Yield records per second appended by 1, 4 and 8 writers, one in a transaction, and the pace of a whole check."""
    records = min(RECORDS, options.sample or RECORDS)
    organization = create_organization(f"bench-{new_id().hex[-12:]}", "Benchmark")
    # What serves may not make tables.
    with connection.as_owner(), connection.cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute(_BARE_TABLE)
    write_ours(organization.pk, 0, 50)
    seal()
    for writers in WRITERS:
        yield _measure_writers(organization, writers, records)
    yield from measure_verify(options)


def _measure_writers(organization: Organization, writers: int, records: int) -> Measurement:
    own = records // writers
    bare_s = _seconds(write_bare, organization.pk, writers, own)
    ours_s = _seconds(write_ours, organization.pk, writers, own)
    while seal():
        pass
    with _sealer():
        beside_s = _seconds(write_ours, organization.pk, writers, own)
        sealed_s = beside_s + _seconds_until_sealed(organization)
    total = own * writers
    return Measurement(
        f"audit, {writers} writer{'s' if writers > 1 else ''}",
        total / beside_s,
        "records/s",
        total / bare_s,
        {
            "without_sealer_per_s": round(total / ours_s),
            "written_and_sealed_per_s": round(total / sealed_s),
            "records": total,
        },
    )


def _seconds(write: Writer, organization: UUID, writers: int, own: int) -> float:
    """Return how long so many processes take that write at once, counted from where all of them are ready."""
    ready = apart.context.Barrier(writers + 1)
    processes = [apart.process(write, organization, number, own, ready) for number in range(writers)]
    for one in processes:
        one.start()
    ready.wait(_LONGEST_START_S)
    began = time.perf_counter()
    for one in processes:
        one.join()
    seconds = time.perf_counter() - began
    if any(one.exitcode for one in processes):
        raise RuntimeError("A writer of the benchmark failed.")
    return seconds


def write_ours(organization: UUID, number: int, own: int, ready: "Barrier | None" = None) -> None:
    """Append records, each in a transaction; a stream has ten."""
    _begin(ready)
    for n in range(own):
        if n % 10 == 0:
            stream = f"run:{new_id()}"
        with transaction.atomic():
            append(organization, stream, "system", [Entry("StepSucceeded", _DATA, object=f"step:{number}")])


def write_bare(organization: UUID, number: int, own: int, ready: "Barrier | None" = None) -> None:
    """Insert rows of the same size into a table with nothing but a primary key, each in a transaction."""
    like = AuditEvent.objects.filter(organization=organization).latest("id")
    stream = f"run:{new_id()}"
    _begin(ready)
    for n in range(own):
        row = (new_id(), organization, like.occurred_at, stream, n, like.kind, like.actor, like.object, like.body)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_BARE_INSERT, row)


def _begin(ready: "Barrier | None") -> None:
    """Wait for the others, with a connection at hand."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    if ready is not None:
        ready.wait(_LONGEST_START_S)


@contextmanager
def _sealer() -> Iterator[None]:
    """Seal all the while, in a process of its own."""
    sealer = apart.process(seal_on)
    sealer.start()
    try:
        yield
    finally:
        sealer.terminate()
        sealer.join()


def seal_on() -> None:
    """Seal what is there, every second as the beat does."""
    while True:
        seal()
        time.sleep(_SEALED_EVERY_S)


def _seconds_until_sealed(organization: Organization) -> float:
    began = time.perf_counter()
    total = AuditEvent.objects.filter(organization=organization).count()
    while not AuditCheckpoint.objects.filter(organization=organization, size=total).exists():
        time.sleep(0.01)
    return time.perf_counter() - began
