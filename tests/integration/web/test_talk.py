"""The page of a run's messages: who was given whose, and what was said."""

from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from coordination.messaging.letters import Box, Letter
from coordination.messaging.models import Message
from coordination.messaging.services import keep
from coordination.messaging.taking import take
from coordination.runs.models import Run
from tests.integration.web.conftest import House


def text(response: Any) -> str:
    return str(response.content.decode())


@pytest.fixture
def run(house: House) -> Run:
    return house.world.start({"text": "Dear all"})


def say(run: Run, sender: str, to: str, content: Any, **about: Any) -> None:
    with transaction.atomic():
        keep(run.organization_id, [Letter(run.pk, sender, to, content, **about)], {})


def read(run: Run, agent: str) -> None:
    take(Box(run.organization_id, run.pk, agent, "", ["all", f"agent:{agent}"]))


def test_a_run_in_which_nobody_wrote_says_so(house: House, run: Run) -> None:
    page = text(house.enter("mia", "manager").get(f"/runs/{run.pk}/talk/"))
    assert "have not written to each other" in page


def test_the_page_draws_who_was_given_whose_and_lists_what_was_said(house: House, run: Run) -> None:
    say(run, "ann", "all", {"price": "<b>7</b>"}, performative="propose")
    say(run, "bob", "agent:ann", "too much")
    read(run, "bob")
    page = text(house.enter("mia", "manager").get(f"/runs/{run.pk}/talk/"))
    assert "<title>ann to bob: 1</title>" in page
    assert "bob to ann" not in page
    assert "given to 1 agent" in page
    assert "not given to anybody yet" in page
    assert "&lt;b&gt;7&lt;/b&gt;" in page
    assert f"messages-{run.pk} from:body" in page


def test_ten_messages_and_twenty_cost_the_same_statements(house: House, run: Run) -> None:
    client = house.enter("mia", "manager")
    counts = []
    for n in (10, 20):
        for number in range(n):
            say(run, f"a{number}", "all", number)
            read(run, f"b{number}")
        with CaptureQueriesContext(connection) as found:
            client.get(f"/runs/{run.pk}/talk/")
        counts.append(len(found))
    assert counts[0] == counts[1]


def test_a_message_of_another_organization_is_nowhere(house: House, other: House, run: Run) -> None:
    say(run, "ann", "all", "secret")
    assert other.enter("olga", "manager").get(f"/runs/{run.pk}/talk/").status_code == 404
    assert Message.objects.count() == 1
