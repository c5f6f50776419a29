"""The strictest rule decides, in whatever order the rules come, and two audiences are never traded for one."""

from itertools import permutations, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordination.engine.rules.combine import Effect, Match, Reason, bucket_of, combine
from coordination.engine.rules.hooks import HOOKS
from coordination.engine.rules.limits import Bucket, Limit
from coordination.engine.rules.redacting import Redaction
from coordination.engine.rules.stages import Stage

WRITE = {"hook": "action", "action.known": True, "action.effect": "write", "action.reversibility": "reversible"}


def match(effect: str, rule: str = "rule", policy: str = "policy", most: float = 1, **stage: Any) -> Match:
    asks = Stage(**stage) if effect == "require_approval" else None
    limit = Limit(most, 60.0) if effect == "limit" else None
    redaction = Redaction(policy, rule, ("a.b",), ("email",)) if effect == "redact" else None
    return Match(Reason(policy, 1, rule, Effect(effect), rule, rule, rule), asks, limit, redaction)


matches = st.builds(
    match,
    st.sampled_from([effect.value for effect in Effect]),
    st.sampled_from("abcdef"),
    st.sampled_from(["p", "q"]),
    role=st.sampled_from(["", "reviewer"]),
    group=st.sampled_from(["", "lead", "legal"]),
    n_required=st.integers(1, 3),
    most=st.integers(0, 2),
)
buckets = st.builds(Bucket, st.sampled_from(["p", "q"]), st.sampled_from("abcdef"), st.just(""))
used = st.dictionaries(buckets, st.floats(0, 2))
acts = st.sampled_from([WRITE, {**WRITE, "action.known": False}, {"hook": "agent.call"}, {"hook": "run.start"}, {}])


@given(st.lists(matches, max_size=5, unique_by=lambda m: (m.reason.policy, m.reason.rule)), acts, used)
def test_the_order_of_rules_never_matters(found: list[Match], act: dict[str, Any], taken: dict[Bucket, float]) -> None:
    assert len({combine(order, act, taken) for order in permutations(found)}) == 1


@given(st.lists(matches, min_size=1, max_size=6), used)
def test_no_rule_can_make_another_milder(found: list[Match], taken: dict[Bucket, float]) -> None:
    strictness = ["allow", "require_approval", "deny"]

    outcome = combine(found, WRITE, taken).outcome

    for one in found:
        if one.reason.effect in strictness:
            assert strictness.index(outcome) >= strictness.index(one.reason.effect)
        elif any(charge.is_over for charge in combine([one], WRITE, taken).charges):
            assert outcome == "deny"


@given(st.lists(matches, max_size=5), acts, used)
def test_what_only_limits_redacts_or_warns_leaves_the_default_in_place(
    found: list[Match], act: dict[str, Any], taken: dict[Bucket, float]
) -> None:
    mild = [one for one in found if one.reason.effect in {"limit", "redact", "warn"}]

    verdict = combine(mild, act, taken)

    if not any(charge.is_over for charge in verdict.charges):
        assert (verdict.outcome, verdict.reasons) == (combine([], act).outcome, combine([], act).reasons)
    assert len(verdict.warnings) == sum(one.reason.effect == "warn" for one in mild)


@given(st.lists(matches, max_size=5), acts, used)
def test_one_more_rule_that_does_not_allow_never_lets_more_happen(
    found: list[Match], act: dict[str, Any], taken: dict[Bucket, float]
) -> None:
    strictness = ["allow", "require_approval", "deny"]
    outcome = combine([], act).outcome
    stricter = [one for one in found if one.reason.effect != "allow" and one.reason.effect != "require_approval"]

    assert strictness.index(combine(stricter, act, taken).outcome) >= strictness.index(outcome)


def test_beyond_a_limit_the_act_is_refused_and_the_reason_is_the_limit() -> None:
    limited = match("limit", "often", most=2)
    bucket = bucket_of(limited, WRITE)
    assert bucket is not None

    within = combine([limited, match("allow")], WRITE, {bucket: 1})
    beyond = combine([limited, match("allow")], WRITE, {bucket: 2})

    assert (within.outcome, [charge.is_over for charge in within.charges]) == ("allow", [False])
    assert (beyond.outcome, [(reason.rule, reason.code) for reason in beyond.reasons]) == ("deny", [("often", "limit")])


def test_what_is_no_number_is_beyond_every_limit() -> None:
    limited = Match(match("limit").reason, limit=Limit(10, 60.0, of="amount"))

    assert combine([limited], {**WRITE, "action.amount": float("nan")}).outcome == "deny"


def test_redactions_and_warnings_are_carried_along() -> None:
    verdict = combine([match("redact", "r"), match("warn", "w"), match("allow", "a")], WRITE)

    assert verdict.outcome == "allow"
    assert [one.rule for one in verdict.redactions] == ["r"]
    assert [one.rule for one in verdict.warnings] == ["w"]


@pytest.mark.parametrize("hook", [name for name, hook in HOOKS.items() if not hook.may_ask])
def test_where_nobody_can_be_asked_a_question_is_a_refusal(hook: str) -> None:
    verdict = combine([match("require_approval", role="reviewer")], {"hook": hook})

    assert (verdict.outcome, verdict.stage, verdict.reasons[0].rule) == ("deny", None, "nobody-to-ask")


def test_reasons_are_those_that_led_to_the_outcome() -> None:
    found = [match("allow", "a"), match("deny", "d"), match("deny", "c"), match("require_approval", "r")]

    assert [reason.rule for reason in combine(found, WRITE).reasons] == ["c", "d"]


def test_the_largest_number_of_people_counts() -> None:
    found = [match("require_approval", role="reviewer", n_required=n) for n in (1, 3, 2)]

    verdict = combine(found, WRITE)

    assert verdict.stages == (Stage("reviewer", n_required=3),)
    assert verdict.stage == Stage("reviewer", n_required=3)


def test_what_one_rule_leaves_open_another_fills() -> None:
    found = [
        match("require_approval", "a", role="reviewer", n_required=2),
        match("require_approval", "b", group="support-lead"),
    ]

    assert combine(found, WRITE).stage == Stage("reviewer", "support-lead", n_required=2)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"group": "legal"}, {"group": "support-lead"}),
        ({"role": "admin"}, {"role": "reviewer"}),
        ({"users": ("ann",)}, {"users": ("bob",)}),
        ({"users": ("ann", "bob")}, {"users": ("bob", "cid"), "n_required": 2}),
        # Anybody in the role may decide beside the named: neither rule's people are all of the other's.
        ({"users": ("ann",)}, {"role": "reviewer"}),
        ({"users": ("ann",), "role": "reviewer"}, {"group": "legal"}),
    ],
)
def test_rules_that_ask_different_people_ask_all_of_them_at_once(one: dict[str, Any], other: dict[str, Any]) -> None:
    verdict = combine([match("require_approval", "a", **one), match("require_approval", "b", **other)], WRITE)

    assert (verdict.outcome, verdict.stage) == ("require_approval", None)
    assert {(part.role, part.group, part.users) for part in verdict.chain} == {
        (asked.get("role", ""), asked.get("group", ""), asked.get("users", ())) for asked in (one, other)
    }
    assert [part.parallel for part in verdict.chain] == [False, True]


def test_rules_that_ask_more_people_than_they_name_stop_the_act() -> None:
    found = [
        match("require_approval", "a", users=("ann",)),
        match("require_approval", "b", users=("ann", "bob"), n_required=2),
    ]

    verdict = combine(found, WRITE)

    assert (verdict.outcome, verdict.chain) == ("deny", ())
    assert verdict.reasons[0].code == "policy-error"
    assert {reason.rule for reason in verdict.reasons} == {"different-people", "a", "b"}


def test_stages_of_one_rule_stay_in_their_order_and_another_rule_joins_the_first() -> None:
    chain = (Stage("reviewer"), Stage("admin", n_required=2), Stage(users=("ann",), parallel=True))
    found = [
        Match(match("require_approval", "a").reason, chain=chain),
        match("require_approval", "b", role="reviewer", n_required=2),
    ]

    asked = combine(found, WRITE).chain

    assert asked == (
        Stage("reviewer", n_required=2),
        Stage(users=("ann",)),
        Stage("admin", n_required=2, parallel=True),
    )


def test_of_two_stages_for_the_same_people_the_strictest_conditions_hold() -> None:
    found = [
        match("require_approval", "a", role="reviewer", deny_threshold=2, min_auth="session"),
        match("require_approval", "b", role="reviewer", distinct_units=True, min_auth="oidc"),
    ]

    assert combine(found, WRITE).stage == Stage("reviewer", distinct_units=True, min_auth="oidc")


def test_named_people_are_those_that_all_rules_name() -> None:
    found = [match("require_approval", "a", users=("ann", "bob")), match("require_approval", "b", users=("bob", "cid"))]

    assert combine(found, WRITE).stage == Stage(users=("bob",))


def test_of_one_team_the_people_named_beside_it_are_those_that_all_rules_name() -> None:
    found = [
        match("require_approval", "a", role="reviewer", users=("ann", "bob")),
        match("require_approval", "b", role="reviewer", users=("bob",), n_required=2),
    ]

    assert combine(found, WRITE).stage == Stage("reviewer", users=("bob",), n_required=2)


people = st.builds(
    Stage,
    st.sampled_from(["", "reviewer", "admin"]),
    st.sampled_from(["", "legal"]),
    st.sets(st.sampled_from(["ann", "bob"])).map(tuple),
).filter(lambda stage: bool(stage.role or stage.group or stage.users))


def may(name: str, role: str, group: str, stage: Stage) -> bool:
    in_team = stage.role in {"", role} and stage.group in {"", group} and bool(stage.role or stage.group)
    return name in stage.users or in_team


@given(st.lists(people, min_size=1, max_size=4))
def test_nobody_decides_whom_one_of_the_rules_would_not_have_asked(stages: list[Stage]) -> None:
    found = [Match(match("require_approval", str(at)).reason, stage) for at, stage in enumerate(stages)]

    asked = combine(found, WRITE).stage

    for name, role, group in product(("ann", "bob", "cid"), ("reviewer", "admin"), ("legal", "sales")):
        if asked is not None and may(name, role, group, asked):
            assert all(may(name, role, group, stage) for stage in stages)


@given(st.lists(st.lists(people, min_size=1, max_size=3).map(tuple), min_size=1, max_size=3))
def test_a_chain_asks_at_least_what_every_rule_asks_whatever_their_order(chains: list[tuple[Stage, ...]]) -> None:
    found = [Match(match("require_approval", str(at)).reason, chain=chain) for at, chain in enumerate(chains)]

    verdict = combine(found, WRITE)

    assert verdict == combine(found[::-1], WRITE)
    for asked in (stage for chain in chains for stage in chain if verdict.outcome == "require_approval"):
        assert any(_is_within(stage, asked) and stage.n_required >= asked.n_required for stage in verdict.chain)


def _is_within(stage: Stage, asked: Stage) -> bool:
    """Tell whether nobody decides the one who would not be asked by the other."""
    everyone = product(("ann", "bob", "cid"), ("reviewer", "admin"), ("legal", "sales"))
    return all(may(*one, asked) for one in everyone if may(*one, stage))


@pytest.mark.parametrize(
    ("changes", "outcome", "rule"),
    [
        ({}, "require_approval", "writing-actions"),
        ({"action.effect": "read"}, "allow", "reading-actions"),
        ({"action.effect": "read", "action.reversibility": "irreversible"}, "require_approval", "irreversible-actions"),
        ({"action.effect": "something"}, "require_approval", "writing-actions"),
        ({"action.known": False}, "deny", "unknown-tool"),
        ({"hook": "tool.call"}, "require_approval", "writing-actions"),
        ({"hook": "tool.call", "action.known": False}, "deny", "unknown-tool"),
        ({"hook": "agent.call"}, "allow", "agent-calls"),
        ({"hook": "run.start"}, "allow", "run.start"),
        ({"hook": "policy.change"}, "allow", "policy.change"),
        ({"hook": "telepathy"}, "deny", "unknown-hook"),
        ({"hook": None}, "deny", "unknown-hook"),
    ],
)
def test_without_a_match_the_kind_of_act_decides(changes: dict[str, Any], outcome: str, rule: str) -> None:
    verdict = combine([], {**WRITE, **changes})

    assert (verdict.outcome, verdict.reasons[0].rule, verdict.reasons[0].code) == (outcome, rule, "default")


@pytest.mark.parametrize("changes", [{"action.known": False}, {"hook": "telepathy"}])
def test_no_rule_allows_the_unknown(changes: dict[str, Any]) -> None:
    assert combine([match("allow")], {**WRITE, **changes}).outcome == "deny"


@pytest.mark.parametrize(
    ("stage", "words"),
    [
        (Stage("reviewer"), "a reviewer"),
        (Stage("reviewer", "support-lead", n_required=2), "2 people: a reviewer in support-lead"),
        (Stage(group="legal"), "someone in legal"),
        (Stage(users=("ann", "bob")), "ann or bob"),
        (Stage("reviewer", users=("ann",)), "ann or a reviewer"),
    ],
)
def test_a_stage_says_who_is_asked(stage: Stage, words: str) -> None:
    assert str(stage) == words
