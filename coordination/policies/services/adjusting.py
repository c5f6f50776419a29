"""Change a parameter or an exception alone: a new draft that says all the rest as before."""

import copy
from collections.abc import Mapping
from typing import Any

from coordination.accounts.actors import Actor
from coordination.policies.errors import ExceptionUnknown, ParameterUnknown, RuleUnknown
from coordination.policies.models import Policy, PolicyVersion
from coordination.policies.services.drafting import draft_from
from coordination.shared.errors import FieldError


def change_parameters(
    policy: Policy,
    values: Mapping[str, Mapping[str, Any]],
    actor: Actor,
    *,
    base: int | None = None,
    note: str = "",
) -> PolicyVersion:
    """Give parameters other values, by rule and name; unfinished drafts do not come along.

    Raises RuleUnknown, ParameterUnknown, ManifestInvalid, DraftChanged.
    """
    source = _source(policy)
    spec = copy.deepcopy(source.spec)
    for key, changed in values.items():
        params = _rule(policy, spec, key).get("params") or {}
        for name, value in changed.items():
            if name not in params:
                known = ", ".join(sorted(params)) or "none"
                error = FieldError(f"/parameters/{key}/{name}", f"there is no parameter {name}")
                raise ParameterUnknown(errors=[error], rule=key, parameter=name, known=known)
            params[name]["value"] = value
    return _kept(policy, spec, source, actor, base, note)


def add_exception(
    policy: Policy, rule: str, exception: Mapping[str, Any], actor: Actor, *, base: int | None = None, note: str = ""
) -> PolicyVersion:
    """Let a rule not hold for something until a day; who asks for it answers for it unless someone else is named.

    Raises RuleUnknown, ManifestInvalid, DraftChanged.
    """
    source = _source(policy)
    spec = copy.deepcopy(source.spec)
    said = _rule(policy, spec, rule)
    said["exceptions"] = [*(said.get("exceptions") or ()), {"approved_by": actor.name, **exception}]
    return _kept(policy, spec, source, actor, base, note)


def remove_exception(
    policy: Policy, rule: str, index: int, actor: Actor, *, base: int | None = None, note: str = ""
) -> PolicyVersion:
    """Let a rule hold again for what was excepted; raises RuleUnknown, ExceptionUnknown, DraftChanged."""
    source = _source(policy)
    spec = copy.deepcopy(source.spec)
    said = _rule(policy, spec, rule)
    exceptions = list(said.get("exceptions") or ())
    if not 0 <= index < len(exceptions):
        raise ExceptionUnknown(rule=rule, number=index + 1)
    said["exceptions"] = [one for at, one in enumerate(exceptions) if at != index]
    return _kept(policy, spec, source, actor, base, note)


def _source(policy: Policy) -> PolicyVersion:
    return policy.enforced or policy.versions.latest("number")


def _rule(policy: Policy, spec: Mapping[str, Any], key: str) -> dict[str, Any]:
    for rule in spec["rules"]:
        if rule["key"] == key:
            found: dict[str, Any] = rule
            return found
    raise RuleUnknown(name=policy.name, rule=key)


def _kept(
    policy: Policy, spec: Mapping[str, Any], source: PolicyVersion, actor: Actor, base: int | None, note: str
) -> PolicyVersion:
    return draft_from(policy, spec, actor, source=source, base=base, note=note)
