"""Looking at what was counted: states, periods, and what people say to an alarm."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from coordination.audit.models import AuditEvent
from coordination.bias.errors import NothingToAcknowledge, NothingToMitigate, ReasonMissing
from coordination.bias.models import BiasMonitor, MonitorState
from coordination.bias.services import acknowledge, look_at, mitigate, save_monitor
from coordination.engine.manifest import Manifest
from coordination.shared.clock import now
from coordination.shared.manifests import ManifestInvalid
from tests.integration.bias.conftest import ANN, SPEC, Watched, monitor_manifest

Watch = Callable[..., Watched]


def breach(watch: Watch) -> Watched:
    watched = watch()
    watched.decide("f", 200, 40)
    watched.decide("m", 200, 120)
    watched.look()
    return watched


def test_a_monitor_over_three_people_says_that_there_are_too_few(watch: Watch) -> None:
    watched = watch()
    watched.decide("f", 2, 0)
    watched.decide("m", 1, 1)

    assert watched.look().state == MonitorState.INSUFFICIENT


def test_a_group_that_is_never_seen_is_told_and_raises_nothing(watch: Watch) -> None:
    watched = watch()
    watched.decide("m", 300, 150)

    found = watched.look()

    assert found.state == MonitorState.INSUFFICIENT
    assert [one["own"]["n"] for one in found.findings] == [0]


def test_equal_rates_are_no_evidence(watch: Watch) -> None:
    watched = watch()
    watched.decide("f", 200, 100)
    watched.decide("m", 200, 100)

    assert watched.look().state == MonitorState.NO_EVIDENCE


def test_a_large_gap_is_a_breach_and_on_record(watch: Watch) -> None:
    watched = breach(watch)

    assert watched.monitor.state == MonitorState.BREACH
    event = AuditEvent.objects.get(kind="BiasStateChanged", object="bias-monitor:loans")
    assert (event.data["before"], event.data["after"], event.data["n"]) == ("insufficient", "breach", 400)


def test_a_breach_stays_until_a_person_says_what_was_done(watch: Watch) -> None:
    watched = breach(watch)
    watched.decide("f", 400, 400)

    assert watched.look().state == MonitorState.BREACH


def test_an_alarm_is_taken_on_with_a_note_and_then_mitigated_with_another(watch: Watch) -> None:
    watched = breach(watch)

    taken_on = acknowledge(watched.monitor, ANN, "We look into it.")
    assert (taken_on.state, taken_on.note, taken_on.noted_by) == ("acknowledged", "We look into it.", "ann")
    done = mitigate(taken_on, ANN, "The threshold was wrong.")

    assert (done.state, done.period, done.n) == (MonitorState.MITIGATED, 2, 0)


def test_after_a_mitigation_only_new_decisions_count(watch: Watch) -> None:
    watched = breach(watch)
    mitigate(watched.monitor, ANN, "Retrained.")
    watched.decide("f", 10, 0)

    found = watched.look()

    assert (found.state, found.n) == (MonitorState.MITIGATED, 10)


def test_a_mitigation_that_did_not_help_is_a_breach_again(watch: Watch) -> None:
    watched = breach(watch)
    mitigate(watched.monitor, ANN, "Retrained.")
    watched.decide("f", 200, 40)
    watched.decide("m", 200, 120)

    assert watched.look().state == MonitorState.BREACH


def test_a_note_is_needed(watch: Watch) -> None:
    watched = breach(watch)

    with pytest.raises(ReasonMissing):
        acknowledge(watched.monitor, ANN, "  ")
    watched.monitor.refresh_from_db()
    assert watched.monitor.state == MonitorState.BREACH


def test_without_an_alarm_there_is_nothing_to_answer(watch: Watch) -> None:
    watched = watch()

    with pytest.raises(NothingToAcknowledge):
        acknowledge(watched.monitor, ANN, "Fine.")
    with pytest.raises(NothingToMitigate):
        mitigate(watched.monitor, ANN, "Fine.")


def test_a_watch_that_was_taken_on_and_gets_worse_is_a_breach(watch: Watch) -> None:
    watched = watch()
    watched.decide("f", 1000, 430)
    watched.decide("m", 1000, 520)
    assert watched.look().state == MonitorState.WATCH
    acknowledge(watched.monitor, ANN, "We look into it.")

    watched.decide("f", 1000, 100)

    assert watched.look().state == MonitorState.BREACH


def test_the_period_ends_with_its_planned_look_which_sees_more(watch: Watch) -> None:
    watched = watch(period_decisions=400)
    watched.decide("f", 130, 45)
    watched.decide("m", 269, 127)
    assert watched.look().state == MonitorState.NO_EVIDENCE

    watched.decide("m", 1, 1)
    found = watched.look()

    assert (found.state, found.period) == (MonitorState.WATCH, 2)
    assert found.looks.get(is_planned=True).standing == "watch"


def test_a_period_that_is_over_with_too_few_decisions_goes_on_until_there_are_enough(watch: Watch) -> None:
    watched = watch(period_days=1)
    watched.decide("f", 5, 0)
    watched.decide("m", 200, 100)
    BiasMonitor.objects.update(period_began_at=now() - timedelta(days=400))

    assert watched.look().period == 1


def test_a_watch_ends_by_itself_with_a_period_that_shows_nothing(watch: Watch) -> None:
    watched = watch(period_decisions=400)
    watched.decide("f", 130, 45)
    watched.decide("m", 270, 128)
    assert watched.look().state == MonitorState.WATCH
    watched.decide("f", 200, 100)
    watched.decide("m", 200, 100)

    assert watched.look().state == MonitorState.NO_EVIDENCE


def test_what_is_judged_differently_begins_a_new_period(watch: Watch) -> None:
    watched = watch()
    save_monitor(watched.monitor.organization, monitor_manifest({**SPEC, "margin": 0.2}), ANN)

    watched.monitor.refresh_from_db()
    assert (watched.monitor.version, watched.monitor.period) == (2, 2)


def test_the_same_manifest_again_changes_nothing(watch: Watch) -> None:
    watched = watch()
    save_monitor(watched.monitor.organization, monitor_manifest(SPEC), ANN)

    watched.monitor.refresh_from_db()
    assert (watched.monitor.version, watched.monitor.period) == (1, 1)


@pytest.mark.parametrize(
    ("spec", "pointer"),
    [
        ({**SPEC, "decision": {"workflow": "loans"}}, "/spec/decision/step"),
        ({**SPEC, "decision": {"favourable": "outputt.ok"}}, "/spec/decision/favourable"),
        ({**SPEC, "on_breach": {"require_approval": {}}}, "/spec/on_breach"),
        ({"attributes": [{"name": "sex"}, {"name": "sex"}]}, "/spec/attributes/1/name"),
        ({"attributes": [{"name": "sex", "reference": "x", "groups": ["f", "m"]}]}, "/spec/attributes/0/reference"),
        ({**SPEC, "probe": {"agent": "a", "inputs": [{}], "terms": {"f": ["she"], "m": ["he", "his"]},
                            "favourable": "output.ok"}}, "/spec/probe/terms"),
        ({**SPEC, "margins": 1}, "/spec/margins"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_monitor_is_said_with_its_place(
    watch: Watch, spec: dict[str, object], pointer: str
) -> None:
    organization = watch().monitor.organization
    wrong = Manifest.model_validate({"kind": "BiasMonitor", "metadata": {"name": "x"}, "spec": spec})

    with pytest.raises(ManifestInvalid) as refused:
        save_monitor(organization, wrong, ANN)

    assert [one.pointer for one in refused.value.errors][:2].count(pointer) >= 1


def test_looking_again_without_news_leaves_one_look(watch: Watch) -> None:
    watched = breach(watch)
    watched.look()

    assert watched.monitor.looks.count() == 1
    assert look_at(watched.monitor.pk) is not None
