"""Stages open in their order, those side by side together, each once."""

import random

from hypothesis import given
from hypothesis import strategies as st

from coordination.approvals.chain import hand_to, open_stages, replace, satisfy, start
from coordination.approvals.models import ApprovalRequest
from coordination.approvals.question import LEAD, Stage

chains = st.lists(st.booleans(), min_size=1, max_size=8).map(
    lambda beside: [Stage(users=[f"person-{no}"], parallel=parallel) for no, parallel in enumerate(beside)]
)


def opened(request: ApprovalRequest) -> list[int]:
    return [one.no for one in open_stages(request)]


@given(chains, st.randoms())
def test_every_stage_opens_once_and_never_before_those_ahead_of_it(stages: list[Stage], chance: random.Random) -> None:
    request, done = ApprovalRequest(), list[int]()
    start(request, stages)
    while True:
        together = opened(request)
        assert all(stages[no].parallel for no in together[1:])
        assert all(no in done for no in range(together[0]))
        done.append(chance.choice(together))
        if satisfy(request, done[-1]):
            break
    assert sorted(done) == list(range(len(stages)))


@given(chains)
def test_what_was_asked_for_stays_what_it_was_whoever_it_is_handed_to(stages: list[Stage]) -> None:
    request = ApprovalRequest()
    start(request, stages)
    chain, digest = list(request.chain), request.chain_digest
    no = opened(request)[-1]
    hand_to(request, no, 7)
    assert [one.delegates for one in open_stages(request) if one.no == no] == [(7,)]
    replace(request, no, LEAD)
    assert [(one.stage.group, one.delegates) for one in open_stages(request) if one.no == no] == [("lead", ())]
    assert (request.chain, request.chain_digest) == (chain, digest)


def test_nothing_is_beside_the_first_stage() -> None:
    request = ApprovalRequest()
    start(request, [Stage(parallel=True), Stage()])
    assert [stage["parallel"] for stage in request.chain] == [False, False]
