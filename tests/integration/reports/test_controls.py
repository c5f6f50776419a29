"""Controls are data: complete, and honest about what is missing."""

import pytest

from coordination.accounts.actors import SYSTEM
from coordination.audit.models import AuditEvent
from coordination.reports.catalogue import controls, frameworks
from coordination.reports.errors import AssessmentInvalid, ControlUnknown
from coordination.reports.evidence import COLLECTORS
from coordination.reports.models import Assessment, Standing
from coordination.reports.selectors import judged, judged_control
from coordination.reports.services import assess
from tests.factories import make_organization

pytestmark = pytest.mark.django_db


def test_every_control_names_evidence_that_is_collected() -> None:
    for control in controls().values():
        assert set(control.evidence) <= COLLECTORS.keys(), control.key


def test_what_is_only_partly_there_says_what_is_missing() -> None:
    for control in controls().values():
        if control.standing in (Standing.PARTIAL, Standing.NOT_IMPLEMENTED):
            assert control.gaps, control.key


def test_keys_of_controls_are_their_own() -> None:
    assert len(controls()) == sum(len(framework.controls) for framework in frameworks())


def test_dates_of_law_have_a_source_and_say_where_sources_differ() -> None:
    dates = [one for framework in frameworks() for one in framework.dates]
    assert all(one.url.startswith("https://") and one.basis for one in dates)
    moved = [one for one in dates if one.formerly]
    assert moved
    assert not any(one.is_certain for one in moved)


def test_an_organization_says_how_a_control_stands_and_that_is_on_record() -> None:
    acme = make_organization()
    assess(acme, "soc-cc6-3", SYSTEM, standing="implemented", owner="IT", note="Reviewed in May.")
    control = judged_control(acme, "soc-cc6-3")
    assert (control.standing, control.owner) == (Standing.IMPLEMENTED, "IT")
    assert judged_control(make_organization("globex"), "soc-cc6-3").owner == ""
    assert AuditEvent.objects.get(kind="ControlAssessed").data["after"]["owner"] == "IT"


def test_what_does_not_apply_needs_a_reason() -> None:
    acme = make_organization()
    with pytest.raises(AssessmentInvalid) as refused:
        assess(acme, "eu-14-5", SYSTEM, standing="not-applicable")
    assert refused.value.errors[0].pointer == "/note"
    assert not Assessment.objects.exists()


def test_an_unknown_control_is_not_found() -> None:
    with pytest.raises(ControlUnknown):
        assess(make_organization(), "eu-999", SYSTEM)


def test_without_evidence_a_claim_counts_as_partly_kept() -> None:
    one = next(one for one in judged(make_organization()) if one.control.key == "eu-12")
    assert one.shown({"log": True})[0] == Standing.IMPLEMENTED
    standing, gaps = one.shown({"log": False})
    assert standing == Standing.PARTIAL
    assert "There is no evidence of it in this period." in gaps
