"""Bias monitors and what is known of people, over HTTP."""

from collections.abc import Callable
from typing import Any

import pytest

from coordination.bias.models import BiasMonitor
from coordination.insights.services.watching import measure
from tests.integration.api.support import Caller

MONITOR: dict[str, Any] = {
    "metadata": {"name": "loans"},
    "spec": {"attributes": [{"name": "sex", "reference": "m", "groups": ["f", "m"]}]},
}


@pytest.fixture
def loans(admin: Caller) -> Caller:
    """The admin's caller, with a monitor named loans."""
    assert admin.post("bias-monitors/", MONITOR).status_code == 201
    return admin


def decide(caller: Caller, group: str, n: int, favourable: int) -> None:
    people = [f"{group}-{at}" for at in range(n)]
    known = [{"subject": one, "attribute": "sex", "value": group} for one in people]
    assert caller.post("bias-attributes/", {"characteristics": known}).json() == {"people": n}
    decisions = [{"reference": one, "subject": one, "favourable": at < favourable} for at, one in enumerate(people)]
    answer = caller.post("bias-monitors/loans/decisions/", {"decisions": decisions})
    assert answer.json() == {"sent": n, "counted": n}


def test_a_monitor_is_made_read_changed_and_removed_as_a_manifest(loans: Caller) -> None:
    assert loans.get("bias-monitors/loans/").json()["status"] == "insufficient"
    changed = loans.patch("bias-monitors/loans/", {"spec": {"margin": 0.2}})
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    assert [one["number"] for one in loans.get("bias-monitors/loans/versions/").json()["results"]] == [2, 1]
    assert loans.delete("bias-monitors/loans/").status_code == 204
    assert loans.get("bias-monitors/loans/").status_code == 404


def test_a_slip_in_a_monitor_is_named_with_its_place(admin: Caller) -> None:
    answer = admin.post("bias-monitors/", {**MONITOR, "spec": {**MONITOR["spec"], "ratoi": 0.7}})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/spec/ratoi"
    assert answer.json()["errors"][0]["suggestion"] == "ratio"


def test_decisions_and_people_come_apart_and_a_gap_is_found(loans: Caller) -> None:
    decide(loans, "f", 200, 40)
    decide(loans, "m", 200, 120)

    found = loans.post("bias-monitors/loans/look/").json()

    assert (found["state"], found["n"], found["held"]) == ("breach", 400, False)
    [finding] = found["findings"]
    assert (finding["group"], finding["own"]["n"], finding["ratio"]) == ("f", 200, pytest.approx(1 / 3, abs=1e-4))
    assert finding["low"] > 0.1
    assert loans.get("bias-monitors/loans/looks/").json()["results"][0]["standing"] == "breach"


def test_of_a_group_of_very_few_only_the_number_is_told(loans: Caller) -> None:
    decide(loans, "f", 3, 1)
    decide(loans, "m", 30, 20)
    loans.post("bias-monitors/loans/look/")
    measure(BiasMonitor.objects.get())

    groups = loans.get("bias-monitors/loans/standing/").json()["report"]["attributes"]["sex"]["groups"]

    assert groups["f"] == {"n": 3}
    assert groups["m"]["favourable"] == 20


def test_an_alarm_is_answered(loans: Caller) -> None:
    decide(loans, "f", 200, 40)
    decide(loans, "m", 200, 120)
    loans.post("bias-monitors/loans/look/")

    assert loans.post("bias-monitors/loans/acknowledge/", {"note": ""}).status_code == 422
    assert loans.post("bias-monitors/loans/acknowledge/", {"note": "On it."}).json()["state"] == "acknowledged"
    assert loans.post("bias-monitors/loans/mitigate/", {"note": "Done."}).json()["state"] == "mitigated"
    assert loans.post("bias-monitors/loans/mitigate/", {"note": "Again."}).status_code == 409


def test_outcomes_say_what_became_of_each(loans: Caller) -> None:
    decide(loans, "f", 2, 1)
    outcomes = [{"reference": "f-0", "outcome": True}, {"reference": "f-0", "outcome": True},
                {"reference": "nobody", "outcome": True}]  # fmt: skip

    answer = loans.post("bias-monitors/loans/outcomes/", {"outcomes": outcomes})

    assert answer.json() == {"recorded": 1, "repeated": 1, "contradicting": 0, "unknown": 1, "late": 0}


def test_what_is_known_of_people_is_counted_and_never_handed_out(loans: Caller) -> None:
    decide(loans, "f", 3, 1)

    [row] = loans.get("bias-attributes/").json()["results"]

    assert (row["attribute"], row["people"], row["groups"]) == ("sex", 3, 1)
    assert loans.post("bias-attributes/forget/", {"subject": "f-0"}).json() == {"forgotten": 1}
    assert loans.post("bias-attributes/forget/", {"subject": "f-1", "attribute": "sex"}).status_code == 422


def test_rates_of_very_few_people_are_not_shown(loans: Caller) -> None:
    decide(loans, "f", 2, 0)
    decide(loans, "m", 30, 10)

    [finding] = loans.post("bias-monitors/loans/look/").json()["findings"]

    assert finding["own"] == {"n": 2, "favourable": None, "rate": None}
    assert (finding["difference"], finding["ratio"]) == (None, None)


def test_only_who_has_the_right_touches_what_is_known_of_people(
    loans: Caller, auditor: Caller, manager: Caller, calls: Callable[..., Caller]
) -> None:
    for other in (auditor, manager):
        assert other.get("bias-attributes/").status_code == 403
        assert other.get("bias-monitors/loans/standing/").status_code == 200
    limited = calls("admin", scopes=("read", "bias.edit"))
    body = {"characteristics": [{"subject": "a", "attribute": "sex", "value": "f"}]}
    assert limited.post("bias-attributes/", body).status_code == 403


def test_a_monitor_without_a_probe_says_so(loans: Caller) -> None:
    answer = loans.post("bias-monitors/loans/probes/")

    assert answer.status_code == 409
    assert answer.json()["type"].endswith("bias-no-probe")


def test_a_probe_is_started_and_listed(admin: Caller) -> None:
    probe = {"agent": "echo", "inputs": [{"text": "She asks."}], "terms": {"w": ["she"], "m": ["he"]},
             "favourable": "output.text == 'He asks.'"}  # fmt: skip
    admin.post("bias-monitors/", {**MONITOR, "spec": {**MONITOR["spec"], "probe": probe}})

    assert admin.post("bias-monitors/loans/probes/").status_code == 202
    assert admin.post("bias-monitors/loans/probes/").status_code == 409
    assert [one["status"] for one in admin.get("bias-monitors/loans/probes/").json()["results"]] == ["queued"]
