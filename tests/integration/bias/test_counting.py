"""Counting decisions and joining outcomes: each once, however often and however late it comes."""

from collections.abc import Callable
from datetime import timedelta

from coordination.audit.models import AuditEvent
from coordination.bias.cells import tallies_in
from coordination.bias.manifest import MonitorSpec
from coordination.bias.models import Characteristic, CountedDecision
from coordination.bias.selectors import cells_of, known_characteristics
from coordination.bias.services import (
    Decided,
    Known,
    TurnedOut,
    count_decisions,
    forget_attribute,
    forget_person,
    join_outcomes,
    mitigate,
    put_characteristics,
)
from coordination.engine.trust.bias import Tally
from coordination.shared.clock import now
from tests.integration.bias.conftest import ANN, Watched

Watch = Callable[..., Watched]


def tallies(watched: Watched) -> dict[str, dict[str, Tally]]:
    spec = MonitorSpec.model_validate(watched.monitor.spec)
    return tallies_in(cells_of(watched.monitor, watched.monitor.period, ["sex"]), spec.attributes)


def test_a_decision_that_arrives_twice_is_counted_once(watch: Watch) -> None:
    watched = watch()
    one = Decided("d-1", "ann", True, now())

    assert count_decisions(watched.monitor, [one, one]) == 1
    assert count_decisions(watched.monitor, [one]) == 0
    assert watched.monitor.decisions.count() == 1


def test_what_is_learned_of_people_later_counts_for_what_was_decided_before(watch: Watch) -> None:
    watched = watch()
    count_decisions(watched.monitor, [Decided("d-1", "lee", True, now())])
    assert tallies(watched)["sex"] == {"f": Tally(), "m": Tally()}

    put_characteristics(watched.monitor.organization, [Known("lee", "sex", "f")], ANN)

    assert tallies(watched)["sex"]["f"] == Tally(1, 1)


def test_people_are_kept_by_a_digest_and_the_audit_log_names_neither_them_nor_their_groups(watch: Watch) -> None:
    watched = watch()
    watched.decide("intersex", 3, 1)

    kept = str(list(Characteristic.objects.values_list("subject", flat=True)))
    kept += str(list(CountedDecision.objects.values_list("subject", flat=True)))
    told = " ".join(AuditEvent.objects.filter(kind="CharacteristicsKept").values_list("body", flat=True))
    assert "intersex-0" not in kept
    assert '"people":3' in told
    assert "intersex" not in told


def test_the_same_person_is_somebody_else_in_another_organization(watch: Watch) -> None:
    watched = watch()
    globex = type(watched.monitor.organization).objects.create(slug="globex", name="Globex")
    count_decisions(watched.monitor, [Decided("d-1", "lee", True, now())])

    put_characteristics(globex, [Known("lee", "sex", "f")], ANN)

    assert tallies(watched)["sex"]["f"] == Tally()


def test_an_outcome_that_arrives_twice_is_joined_once_and_the_first_one_stands(watch: Watch) -> None:
    watched = watch()
    count_decisions(watched.monitor, [Decided("d-1", "lee", True, now())])

    first = join_outcomes(watched.monitor, [TurnedOut("d-1", True, now()), TurnedOut("d-1", True, now())], ANN)
    second = join_outcomes(watched.monitor, [TurnedOut("d-1", False, now())], ANN)

    assert (first.recorded, first.repeated) == (1, 1)
    assert (second.recorded, second.contradicting) == (0, 1)
    assert watched.monitor.decisions.get().outcome is True


def test_an_outcome_of_a_decision_that_nobody_counted_is_said_to_be_unknown(watch: Watch) -> None:
    watched = watch()

    joined = join_outcomes(watched.monitor, [TurnedOut("nobody", True, now())], ANN)

    assert (joined.recorded, joined.unknown) == (0, 1)


def test_an_outcome_that_comes_after_the_period_of_its_decision_is_kept_and_told_as_late(watch: Watch) -> None:
    watched = watch()
    watched.decide("f", 200, 40)
    watched.decide("m", 200, 120)
    watched.look()
    mitigate(watched.monitor, ANN, "Retrained.")
    watched.monitor.refresh_from_db()

    joined = join_outcomes(watched.monitor, [TurnedOut("d-f-0", False, now() + timedelta(days=365))], ANN)

    assert (joined.recorded, joined.late) == (1, 1)
    assert watched.monitor.decisions.get(reference="d-f-0").is_outcome_late


def test_what_was_decided_before_a_period_began_and_comes_only_now_is_not_judged_in_it(watch: Watch) -> None:
    watched = watch()
    watched.decide("f", 200, 40)
    watched.decide("m", 200, 120)
    watched.look()
    mitigate(watched.monitor, ANN, "Retrained.")
    watched.monitor.refresh_from_db()

    count_decisions(watched.monitor, [Decided("late", "f-1", False, now() - timedelta(days=1))])

    assert tallies(watched)["sex"]["f"] == Tally()


def test_forgetting_a_person_takes_them_out_of_every_group_and_keeps_the_decision(watch: Watch) -> None:
    watched = watch()
    watched.decide("f", 1, 1)

    assert forget_person(watched.monitor.organization, "f-0", ANN) == 1
    assert tallies(watched)["sex"]["f"] == Tally()
    assert watched.monitor.decisions.count() == 1


def test_forgetting_an_attribute_forgets_it_of_everybody(watch: Watch) -> None:
    watched = watch()
    watched.decide("f", 3, 1)

    assert forget_attribute(watched.monitor.organization, "sex", ANN) == 3
    assert known_characteristics(watched.monitor.organization) == []


def test_a_column_with_a_value_for_everybody_does_not_make_a_thousand_comparisons(watch: Watch) -> None:
    watched = watch()
    known = [Known(f"p-{n}", "sex", f"value-{n}") for n in range(60)]
    put_characteristics(watched.monitor.organization, known, ANN)
    count_decisions(watched.monitor, [Decided(f"d-{n}", f"p-{n}", True, now()) for n in range(60)])

    assert len(tallies(watched)["sex"]) == 21
    assert sum(one.n for one in tallies(watched)["sex"].values()) == 60
