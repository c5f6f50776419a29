"""Check a record of a million, beside the SHA-256 calls that this needs."""

import time
from collections.abc import Iterator
from hashlib import sha256

from django.db import connection, transaction

from coordination.accounts.models import Organization
from coordination.accounts.services import create_organization
from coordination.audit.selectors import checking
from coordination.audit.services import Addition, Entry, append_all, seal, verify
from coordination.benchmarks.measure import Measurement, Options
from coordination.shared.ids import new_id

RECORDS = 1_000_000
_STREAMS_AT_A_TIME = 100
_OF_A_STREAM = 10
_ENTRIES = [
    Entry("StepSucceeded", {"step": f"s{n}", "attempt": 1, "output": {"text": "x" * 120}}, object=f"step:s{n}")
    for n in range(_OF_A_STREAM)
]


def measure_verify(options: Options) -> Iterator[Measurement]:
    """Yield records per second checked in the database, beside those whose hashes alone are computed."""
    organization = create_organization(f"bench-{new_id().hex[-12:]}", "Benchmark")
    records = options.sample or RECORDS
    _write(organization, records)
    began = time.perf_counter()
    while seal():
        pass
    sealed_s = time.perf_counter() - began
    with connection.as_owner(), connection.cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute("ANALYZE")
    hashed_s = _hash_alone(organization)
    began = time.perf_counter()
    report = verify(organization)
    verified_s = time.perf_counter() - began
    if report.first_bad or report.sealed < records:
        raise RuntimeError(f"The benchmark's own record is not whole: {report}")
    details = {
        "records": report.checked,
        "checkpoints": report.checkpoints,
        "verify_s": round(verified_s, 1),
        "sha256_alone_s": round(hashed_s, 1),
        "sealed_per_s": round(records / sealed_s),
    }
    yield Measurement("audit verify", report.checked / verified_s, "records/s", report.checked / hashed_s, details)


def _write(organization: Organization, records: int) -> None:
    for _ in range(0, records, _STREAMS_AT_A_TIME * _OF_A_STREAM):
        additions = [
            Addition(organization.pk, f"run:{new_id()}", "system", _ENTRIES, opens=True)
            for _ in range(_STREAMS_AT_A_TIME)
        ]
        with transaction.atomic():
            append_all(additions)


def _hash_alone(organization: Organization) -> float:
    """Return how long the hashes of all leaves, and of the nodes above them, take without anything else."""
    seconds, count = 0.0, 0
    for rows in checking.rows(organization):
        bodies = [b"\x00" + row.body.encode() for row in rows]
        began = time.perf_counter()
        for body in bodies:
            sha256(body).digest()
        seconds += time.perf_counter() - began
        count += len(bodies)
    node = b"\x01" + bytes(64)
    began = time.perf_counter()
    for _ in range(count - 1):
        sha256(node).digest()
    return seconds + time.perf_counter() - began
