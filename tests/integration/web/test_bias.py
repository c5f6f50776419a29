"""Pages about bias: the list, a monitor, its alarm, the form, and what is known of people."""

from typing import Any

import pytest
from django.test import Client

from coordination.accounts.actors import SYSTEM
from coordination.bias.models import BiasMonitor, Characteristic
from coordination.bias.services import Decided, Known, count_decisions, put_characteristics
from coordination.engine.manifest import Manifest
from coordination.insights.services import look_at, measure, save_monitor
from coordination.shared.clock import now
from tests.integration.web.conftest import House

SPEC: dict[str, Any] = {
    "decision": {"workflow": "flow", "step": "send", "subject": "input.text", "favourable": "status == 'succeeded'"},
    "attributes": [{"name": "sex", "reference": "m", "groups": ["f", "m"]}],
    "on_breach": {"require_approval": {"role": "reviewer"}},
}
FORM = {
    "name": "sends",
    "workflow": "flow",
    "step": "send",
    "subject": "input.text",
    "favourable": "status == 'succeeded'",
    "attributes": "sex: m*, f\nage-band",
    "margin": "0.1",
    "ratio": "0.8",
    "alpha": "0.05",
    "least": "20",
    "period_days": "90",
    "holds": "on",
    "role": "reviewer",
    "n_required": "1",
}


def save(house: House, name: str = "loans", **more: Any) -> BiasMonitor:
    said = {"kind": "BiasMonitor", "metadata": {"name": name, "title": "Loans"}, "spec": {**SPEC, **more}}
    return save_monitor(house.organization, Manifest.model_validate(said), SYSTEM)


def decide(house: House, monitor: BiasMonitor, **groups: tuple[int, int]) -> BiasMonitor:
    for group, (n, favourable) in groups.items():
        people = [f"{group}-{at}" for at in range(n)]
        put_characteristics(house.organization, [Known(one, "sex", group) for one in people], SYSTEM)
        count_decisions(monitor, [Decided(one, one, at < favourable, now()) for at, one in enumerate(people)])
    look_at(monitor)
    measure(monitor)
    monitor.refresh_from_db()
    return monitor


@pytest.fixture
def admin(house: House) -> Client:
    return house.enter("admin", "admin")


def test_the_list_says_how_each_monitor_stands(house: House, admin: Client) -> None:
    decide(house, save(house), f=(200, 40), m=(200, 120))

    text = admin.get("/bias/").content.decode()

    assert "Breach" in text
    assert "40 points lower" in text
    assert "waits for people" in text


def test_a_monitor_says_how_groups_compare_with_intervals_and_counts(house: House, admin: Client) -> None:
    decide(house, save(house), f=(200, 80), m=(200, 100))

    text = admin.get("/bias/loans/").content.decode()

    assert "No evidence of bias" in text
    assert "40%" in text
    assert "equalized odds difference –" in text
    assert "<svg" in text


def test_a_monitor_over_three_people_says_how_many_it_needs_and_shows_no_rates_of_so_few(
    house: House, admin: Client
) -> None:
    decide(house, save(house), f=(2, 0), m=(1, 1))

    text = admin.get("/bias/loans/").content.decode()

    assert "Too few decisions" in text
    assert "2 of 20 decisions needed" in text
    assert "100%" not in text.split("How groups compare")[1].split("Through the period")[0]


def test_a_group_that_is_never_seen_is_said_to_be_so(house: House, admin: Client) -> None:
    decide(house, save(house), m=(30, 10))

    assert "never seen" in admin.get("/bias/loans/").content.decode()


def test_an_alarm_is_acknowledged_with_a_note_and_then_mitigated(house: House, admin: Client) -> None:
    monitor = decide(house, save(house), f=(200, 40), m=(200, 120))

    admin.post("/bias/loans/acknowledge/", {"note": "We look into it."})
    monitor.refresh_from_db()
    assert (monitor.state, monitor.note) == ("acknowledged", "We look into it.")
    admin.post("/bias/loans/mitigate/", {"note": "Retrained."})

    monitor.refresh_from_db()
    assert monitor.state == "mitigated"
    assert "Retrained." in admin.get("/bias/loans/").content.decode()


def test_without_a_note_the_form_says_what_is_missing(house: House, admin: Client) -> None:
    decide(house, save(house), f=(200, 40), m=(200, 120))

    answer = admin.post("/bias/loans/acknowledge/", {"note": " "})

    assert answer.status_code == 422
    assert "Say what is going to be done" in answer.content.decode()


def test_the_card_of_an_approval_names_the_monitor_that_asks(house: House, admin: Client) -> None:
    house.world.policy("free", when='action.name == "mail.send"', effect="allow")
    decide(house, save(house), f=(200, 40), m=(200, 120))
    request = house.ask()

    text = house.enter("rita", "reviewer").get(f"/approvals/{request.pk}/").content.decode()

    assert "Bias monitor loans" in text
    assert 'href="/bias/loans/"' in text


def test_an_auditor_reads_and_changes_nothing(house: House) -> None:
    decide(house, save(house), f=(200, 40), m=(200, 120))
    auditor = house.enter("audra", "auditor")

    assert "Acknowledge</button>" not in auditor.get("/bias/loans/").content.decode()
    assert auditor.post("/bias/loans/mitigate/", {"note": "x"}).status_code == 403
    assert auditor.get("/bias-attributes/").status_code == 403


def test_an_alarm_that_nobody_answered_is_on_the_overview(house: House, admin: Client) -> None:
    monitor = decide(house, save(house), f=(200, 40), m=(200, 120))
    assert "Loans: a group is decided about less favourably" in admin.get("/").content.decode()

    admin.post("/bias/loans/acknowledge/", {"note": "On it."})

    monitor.refresh_from_db()
    assert "Loans: a group" not in admin.get("/").content.decode()


def test_a_form_makes_a_monitor_and_shows_it_again(house: House, admin: Client) -> None:
    assert admin.post("/bias/new/", FORM).status_code == 302

    monitor = BiasMonitor.objects.get(name="sends")
    assert monitor.spec["attributes"] == [
        {"name": "sex", "reference": "m", "groups": ["m", "f"]},
        {"name": "age-band", "reference": None, "groups": []},
    ]
    text = admin.get("/bias/sends/edit/").content.decode()
    assert "sex: m*, f" in text


def test_what_is_wrong_in_the_form_stands_beside_its_field(house: House, admin: Client) -> None:
    answer = admin.post("/bias/new/", {**FORM, "favourable": "outputt.ok", "least": "many"})
    assert answer.status_code == 422
    assert "is no whole number" in answer.content.decode()

    answer = admin.post("/bias/new/", {**FORM, "favourable": "outputt.ok"})
    assert answer.status_code == 422
    assert 'id="field-favourable-wrong"' in answer.content.decode()


def test_a_table_of_people_is_kept_counted_and_forgotten(house: House, admin: Client) -> None:
    table = "customer,sex,age-band\nlee,f,65 and over\nkim,m,\n"
    assert admin.post("/bias-attributes/", {"rows": table}).status_code == 302

    text = admin.get("/bias-attributes/").content.decode()
    assert "2 people" in text
    assert "lee" not in text
    admin.post("/bias-attributes/forget/", {"subject": "lee"})
    admin.post("/bias-attributes/forget/", {"attribute": "sex"})
    assert Characteristic.objects.count() == 0


@pytest.mark.parametrize("rows", ["", "customer,sex", "customer,sex\nlee", "customer,1x\nlee,f"])
def test_a_table_that_cannot_be_read_is_refused_and_nothing_is_kept(house: House, admin: Client, rows: str) -> None:
    assert admin.post("/bias-attributes/", {"rows": rows}).status_code == 422
    assert Characteristic.objects.count() == 0


def test_another_organizations_monitor_is_not_there(house: House, other: House) -> None:
    save(house)
    stranger = other.enter("otto", "admin")

    assert stranger.get("/bias/loans/").status_code == 404
    assert stranger.post("/bias/loans/remove/").status_code == 404


def test_a_monitor_is_removed_once_it_was_asked_again(house: House, admin: Client) -> None:
    save(house)

    assert "Remove Loans?" in admin.get("/bias/loans/remove/").content.decode()
    assert admin.post("/bias/loans/remove/").status_code == 302
    assert not BiasMonitor.objects.exists()
