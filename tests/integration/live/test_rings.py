"""A browser that listens hears its own organization, and nothing else."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from channels.layers import get_channel_layer
from django.contrib.auth.models import AnonymousUser

from coordination.accounts.models import User
from coordination.live.consumers import NOT_A_MEMBER, RingConsumer
from coordination.shared.live import group
from tests.factories import make_member, make_organization

pytestmark = pytest.mark.django_db(transaction=True)
QUIET_S = 0.2
Browser = ApplicationCommunicator


def listen(user: User | AnonymousUser, then: Callable[[Browser], Awaitable[None]]) -> None:
    async def conversation() -> None:
        scope = {"type": "websocket", "path": "/live/", "user": user, "session": {}}
        browser = Browser(RingConsumer.as_asgi(), scope)
        await browser.send_input({"type": "websocket.connect"})
        assert (await browser.receive_output())["type"] == "websocket.accept"
        await then(browser)
        await browser.send_input({"type": "websocket.disconnect", "code": 1000})
        await browser.wait()

    async_to_sync(conversation)()


async def heard(browser: Browser) -> Any:
    return json.loads((await browser.receive_output())["text"])


async def ring(organization_id: Any) -> None:
    await get_channel_layer().group_send(group(organization_id), {"type": "ring", "topics": ["runs"]})


def test_a_ring_reaches_the_members_of_its_organization() -> None:
    acme = make_organization("acme")
    person = make_member(acme, "manager", ["manager"]).user

    async def hears(browser: Browser) -> None:
        await ring(acme.pk)
        assert await heard(browser) == {"topics": ["runs"]}

    listen(person, hears)


def test_a_page_that_says_what_it_listens_to_hears_nothing_else() -> None:
    acme = make_organization("acme")
    person = make_member(acme, "manager", ["manager"]).user

    async def hears_its_own(browser: Browser) -> None:
        await browser.send_input(
            {"type": "websocket.receive", "text": json.dumps({"watch": ["run-7", 5, "approvals"]})}
        )
        assert await heard(browser) == {"watching": 2}
        await ring(acme.pk)
        topics = ["run-6", "run-7", "runs"]
        await get_channel_layer().group_send(group(acme.pk), {"type": "ring", "topics": topics})
        assert await heard(browser) == {"topics": ["run-7"]}
        assert await browser.receive_nothing(QUIET_S)

    listen(person, hears_its_own)


def test_a_ring_of_another_organization_is_not_heard() -> None:
    globex = make_organization("globex")
    person = make_member(make_organization("acme"), "manager", ["manager"]).user

    async def hears_nothing(browser: Browser) -> None:
        await ring(globex.pk)
        assert await browser.receive_nothing(QUIET_S)

    listen(person, hears_nothing)


def test_a_ping_comes_back_so_that_the_page_knows_how_far_behind_it_is() -> None:
    person = make_member(make_organization(), "manager", ["manager"]).user

    async def answers(browser: Browser) -> None:
        await browser.send_input({"type": "websocket.receive", "text": '{"ping": 41.5}'})
        assert await heard(browser) == {"pong": 41.5}

    listen(person, answers)


@pytest.mark.parametrize("known", [True, False])
def test_who_is_no_member_is_told_so_and_hung_up_on(known: bool) -> None:
    person = User.objects.create_user("stranger") if known else AnonymousUser()

    async def is_closed(browser: Browser) -> None:
        closed = await browser.receive_output()
        assert (closed["type"], closed["code"]) == ("websocket.close", NOT_A_MEMBER)

    listen(person, is_closed)
