"""Who is asked, and whom several rules ask together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any

# Ways of signing in, the weakest first.
_SIGN_INS = ("", "token", "session", "oidc", "webauthn")
_SIGNED_IN = {"session": "signed in", "oidc": "signed in by single sign-on", "webauthn": "signed in by a passkey"}


@dataclass(frozen=True, slots=True, order=True)
class Stage:
    """Who is asked: the named users, and whoever has both the role and the group; and how many of them must agree.

    A `parallel` stage is open together with the one before it. So many as `deny_threshold` must object to refuse; with
    `distinct_units` each voice must be of another group; `min_auth` is the weakest sign-in that may agree.
    """

    role: str = ""
    group: str = ""
    users: tuple[str, ...] = ()
    n_required: int = 1
    parallel: bool = False
    deny_threshold: int = 1
    distinct_units: bool = False
    min_auth: str = ""

    def __str__(self) -> str:
        """Say who is asked, as in "2 people: ann or a reviewer in support-lead"."""
        team = f"a {self.role}" if self.role else "someone" if self.group else ""
        if self.group:
            team += f" in {self.group}"
        who = " or ".join([*self.users, *([team] if team else [])])
        who = who if self.n_required == 1 else f"{self.n_required} people: {who}"
        further = ["of different groups"] if self.distinct_units else []
        further += [_SIGNED_IN[self.min_auth]] if self.min_auth in _SIGNED_IN else []
        return ", ".join([who, *further])

    def as_json(self) -> dict[str, Any]:
        """Return the stage as decisions keep it, without what nobody asked for."""
        said = {"role": self.role, "group": self.group, "users": list(self.users), "n_required": self.n_required}
        plain = Stage()
        further = ("parallel", "deny_threshold", "distinct_units", "min_auth")
        return said | {name: getattr(self, name) for name in further if getattr(self, name) != getattr(plain, name)}

    @classmethod
    def of(cls, said: Any) -> "Stage":
        """Return a stage as a document says it."""
        return cls(
            said.get("role") or "",
            said.get("group") or "",
            tuple(sorted({*(said.get("users") or ())})),
            said.get("n_required", 1),
            bool(said.get("parallel", False)),
            said.get("deny_threshold", 1),
            bool(said.get("distinct_units", False)),
            said.get("min_auth") or "",
        )


Chain = tuple[Stage, ...]


def union(stages: Iterable[Stage]) -> Chain:
    """Return each audience once, with the strictest that a rule asks of it."""
    needed: dict[tuple[str, str, tuple[str, ...]], Stage] = {}
    for stage in stages:
        audience = (stage.role, stage.group, stage.users)
        known = needed.get(audience)
        needed[audience] = _strictest(known, [known, stage]) if known else replace(stage, parallel=False)
    return tuple(sorted(needed.values()))


def joined(chains: Sequence[Chain]) -> Chain | None:
    """Return the chain that asks at least what each of these asks, in its order; None if nobody could ever satisfy it.

    First stages are asked first, second ones second. What one question can ask of all is one stage; otherwise each
    audience is asked for itself, all at the same time.
    """
    found: list[Stage] = []
    for level in zip_longest(*(_levels(chain) for chain in chains), fillvalue=()):
        stages = union(stage for beside in level for stage in beside)
        single = merged(stages) if all(len(beside) <= 1 for beside in level) else None
        first, *others = (single,) if single else stages
        found += [replace(first, parallel=False), *(replace(one, parallel=True) for one in others)]
    return tuple(found) if _can_agree(found) else None


def merged(stages: Sequence[Stage]) -> Stage | None:
    """Return the stage whose people satisfy every one of them, or None when no single stage can say who that is."""
    teams = {(stage.role, stage.group) for stage in stages}
    users = tuple(sorted(frozenset.intersection(*(frozenset(stage.users) for stage in stages))))
    if len(teams) == 1:
        [(role, group)] = teams
    elif any(stage.users for stage in stages):
        return None
    else:
        # Whoever decides needs both the role and the group, so what one rule leaves open another fills.
        roles, groups = {role for role, _ in teams if role}, {group for _, group in teams if group}
        if len(roles) > 1 or len(groups) > 1:
            return None
        role, group = "".join(roles), "".join(groups)
    if not (role or group) and len(users) < max(stage.n_required for stage in stages):
        return None
    return _strictest(Stage(role, group, users), stages)


def _strictest(base: Stage, stages: Sequence[Stage]) -> Stage:
    """Return a stage of these people that asks as much of them as each of the stages does."""
    return replace(
        base,
        n_required=max(stage.n_required for stage in stages),
        parallel=False,
        deny_threshold=min(stage.deny_threshold for stage in stages),
        distinct_units=any(stage.distinct_units for stage in stages),
        min_auth=max((stage.min_auth for stage in stages), key=_SIGN_INS.index),
    )


def _levels(chain: Chain) -> list[Chain]:
    """Return a chain as the groups of stages that are open together."""
    found: list[Chain] = []
    for stage in chain:
        if found and stage.parallel:
            found[-1] = (*found[-1], stage)
        else:
            found.append((stage,))
    return found


def _can_agree(chain: Sequence[Stage]) -> bool:
    """Tell whether there are people enough where only named ones are asked: each counts once in a chain."""
    named = [stage for stage in chain if not (stage.role or stage.group)]
    wholes = [frozenset(stage.users) for stage in named]
    for whole in [*wholes, frozenset().union(*wholes)]:
        if sum(stage.n_required for stage in named if whole.issuperset(stage.users)) > len(whole):
            return False
    return True
