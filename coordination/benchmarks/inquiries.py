"""Real inquiries through the whole workflow of the demo: how often right, how often alone, how fast.

The examples that the classifier learns from are four fifths of the train split; the inquiries are from the last fifth.
"""

import time

import numpy as np

from coordination.accounts.actors import SYSTEM
from coordination.accounts.models import Organization
from coordination.accounts.services import create_organization
from coordination.agents.selectors import agent_named
from coordination.agents.services import save_agent
from coordination.benchmarks.measure import Measurement, Options
from coordination.benchmarks.workers import workers
from coordination.benchmarks.worlds import BANKING_MINILM, N_PARTS, Inquiries, banking77, numbered
from coordination.bundled.learning import parts_of
from coordination.celery import app
from coordination.demo.houses import ACME
from coordination.engine.flow.state import RUN_ENDED
from coordination.engine.manifest import Manifest
from coordination.manifests.applying import apply, load
from coordination.memory.manifest import example
from coordination.memory.selectors import documents, knowledge_base_named
from coordination.memory.services import put_documents, remove_documents
from coordination.runs.models import Run
from coordination.runs.services import start_run
from coordination.shared.ids import new_id

INQUIRIES = 200
WORKFLOW, EXAMPLES, CLASSIFIER = "customer-support", "support-intents", "intent-minilm"
_QUIET = ("--without-gossip", "--without-mingle")


def measure(options: Options) -> list[Measurement]:
    """Return accuracy of the whole workflow, the share that needed nobody, and runs per second."""
    if options.data is None:
        return []
    learned, asked = _parts(banking77(options.data), options.sample or INQUIRIES)
    organization = _bank(learned)
    with (
        workers(app, "coordination", "-P", "threads", "-c", "8", "-Q", "io", "-n", "io@%h", *_QUIET),
        workers(app, "coordination", "-P", "prefork", "-c", "2", "-Q", "cpu", "-n", "cpu@%h", *_QUIET),
    ):
        _seconds_for(organization, asked, range(4))  # The classifier has learned once in each process.
        seconds = _seconds_for(organization, asked, range(4, len(asked.texts)))
    return _measured(organization, asked, seconds)


def _parts(inquiries: Inquiries, count: int) -> tuple[Inquiries, Inquiries]:
    part = parts_of(numbered(inquiries.labels), N_PARTS)
    inside, outside = np.flatnonzero(part != 0), np.flatnonzero(part == 0)
    chosen = np.random.default_rng(7).permutation(outside)[:count]
    return _some(inquiries, inside.tolist()), _some(inquiries, chosen.tolist())


def _some(inquiries: Inquiries, which: list[int]) -> Inquiries:
    return Inquiries(tuple(inquiries.texts[i] for i in which), tuple(inquiries.labels[i] for i in which))


def _bank(learned: Inquiries) -> Organization:
    """Return the demo's world whose classifier knows the bank's intents instead of the shop's."""
    organization = create_organization(f"bench-{new_id().hex[-12:]}", "Benchmark")
    apply(organization, load(ACME.world), SYSTEM)
    _give_time_to_learn(organization)
    base = knowledge_base_named(organization, EXAMPLES)
    remove_documents(base, [document.key for document in documents(base)], SYSTEM)
    put_documents(base, map(example, learned.labels, learned.texts))
    return organization


def _give_time_to_learn(organization: Organization) -> None:
    """Let the first call of each process take as long as learning from thousands of examples does."""
    agent = agent_named(organization, CLASSIFIER)
    metadata = {"name": agent.name, "title": agent.title, "labels": agent.labels}
    spec = {**agent.spec, "timeout": "5m"}
    save_agent(organization, Manifest.model_validate({"kind": "Agent", "metadata": metadata, "spec": spec}), SYSTEM)


def _seconds_for(organization: Organization, asked: Inquiries, which: range) -> float:
    started = time.perf_counter()
    for at in which:
        start_run(organization, WORKFLOW, {"message": asked.texts[at]}, actor=SYSTEM, title=str(at))
    moving = Run.objects.filter(organization=organization).exclude(status__in=[*RUN_ENDED, "waiting"])
    while moving.exists():
        time.sleep(0.1)
    return time.perf_counter() - started


def _measured(organization: Organization, asked: Inquiries, seconds: float) -> list[Measurement]:
    runs = Run.objects.filter(organization=organization).prefetch_related("steps")
    right = alone = 0
    outcomes: dict[str, int] = {}
    for run in runs:
        classified = next(step for step in run.steps.all() if step.key == "classify")
        right += (classified.output or {}).get("intent") == asked.labels[int(run.title)]
        alone += run.status == "succeeded"
        outcomes[run.status] = outcomes.get(run.status, 0) + 1
    count = len(asked.texts)
    return [
        Measurement("inquiries accuracy", right / count, "accuracy", BANKING_MINILM, {"n": count, **outcomes}),
        Measurement("inquiries without a person", alone / count, "share", None, {"n": count}),
        Measurement("inquiries speed", (count - 4) / seconds, "runs/s", None, {"workers": "8 io threads, 2 cpu"}),
    ]
