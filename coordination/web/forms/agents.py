"""The forms of agents and roles, and the manifests they say."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from coordination.agents.models import Agent, Role
from coordination.shared.errors import FieldError
from coordination.shared.json import Json, JsonObject
from coordination.web.forms.manifest import NAME_HELP, Wanted, joined, listed, mapping_in
from coordination.web.templatetags.ui import readable

ADAPTERS = ("python", "http", "openai")
CLASSES = "public, internal, customer, confidential"
_ABOUT = (
    Wanted("name", "/metadata/name", "Name", NAME_HELP, required=True),
    Wanted("title", "/metadata/title", "Title"),
    Wanted("description", "/metadata/description", "Description", widget="lines"),
)
ROLE_FIELDS = (
    *_ABOUT,
    Wanted("authority", "/spec/authority", "Authority", "0 may only look, 5 may do most.", "number"),
    Wanted("capabilities", "/spec/capabilities", "Capabilities", "Separated by commas; empty: any."),
    Wanted("reads", "/spec/reads", "Reads", f"Which classes of data: {CLASSES}."),
    Wanted("tools", "/spec/tools", "Tools", "Which tools agents in this role may propose to use."),
)


def agent_fields(roles: Sequence[str]) -> list[Wanted]:
    """Return the fields of an agent; its role is one of these."""
    adapter = "/spec/adapter"
    narrower = "Empty: as the role allows."
    return [
        *_ABOUT,
        Wanted("role", "/spec/role", "Role", "What it may do at most.", "choice", required=True, options=roles),
        Wanted("capabilities", "/spec/capabilities", "Capabilities", "Such as write.reply; separated by commas.",
               required=True),
        Wanted("adapter", adapter, "How it is called", "", "choice", required=True, options=ADAPTERS),
        Wanted("python", f"{adapter}/python", "Python function", "Its dotted path, in a module that is let in."),
        Wanted("url", f"{adapter}/http/url", "Address", "Where the agent answers."),
        Wanted("headers", f"{adapter}/http/headers", "Headers", "One a line; ${env:NAME} comes from the environment.",
               "box"),
        Wanted("model", f"{adapter}/openai/model", "Model"),
        Wanted("system", f"{adapter}/openai/system", "System prompt", widget="box"),
        Wanted("temperature", f"{adapter}/openai/temperature", "Temperature", "0 to 2.", "number", step="any"),
        Wanted("base_url", f"{adapter}/openai/base_url", "Base address", "Empty: as OPENAI_BASE_URL says."),
        Wanted("key_env", f"{adapter}/openai/key_env", "Variable with the key"),
        Wanted("config", "/spec/config", "Configuration", "YAML that the agent itself understands.", "box"),
        Wanted("pool", "/spec/pool", "Pool", "io waits on the network, cpu computes.", "choice", required=True,
               options=("io", "cpu")),
        Wanted("timeout", "/spec/timeout", "Timeout", "Such as 500ms, 20s or 5m."),
        Wanted("priority", "/spec/priority", "Priority", "Preferred over able agents with a lower number.", "number"),
        Wanted("reads", "/spec/reads", "Reads", f"{narrower} Classes of data: {CLASSES}."),
        Wanted("tools", "/spec/tools", "Tools", narrower),
        Wanted("never", "/spec/never", "Never", "Tools it must not propose, whatever its role says."),
        Wanted("authority", "/spec/authority", "Authority", narrower, "number"),
        Wanted("owner", "/spec/owner", "Owner", "Who answers for it."),
        Wanted("cost", "/spec/cost_microusd_per_call", "Fixed cost of a call", "In millionths of a dollar.", "number"),
        Wanted("max_cost", "/spec/max_cost_usd_per_call", "Most a call costs", "In dollars: budgets reserve it.",
               "number", step="any"),
        Wanted("max_tokens", "/spec/max_tokens_per_call", "Most tokens of a call", "Budgets reserve them.", "number"),
        Wanted("max_concurrency", "/spec/max_concurrency", "Calls at once", "By all workers together.", "number"),
        Wanted("rate_calls", "/spec/rate/calls", "Calls in a time", "After a pause all may come at once.", "number"),
        Wanted("rate_per", "/spec/rate/per", "That time", "Such as 1s, 1m or 1h."),
        Wanted("day_cost", "/spec/budget_per_day/cost_usd", "Dollars a day", "", "number", step="any"),
        Wanted("day_tokens", "/spec/budget_per_day/tokens", "Tokens a day", "", "number"),
        Wanted("day_calls", "/spec/budget_per_day/calls", "Calls a day", "", "number"),
    ]  # fmt: skip


# Where the form and the manifest name a limit differently; a field that has two names is one part of it.
_LIMITS = {
    "cost": ("cost_microusd_per_call",),
    "max_cost": ("max_cost_usd_per_call",),
    "max_tokens": ("max_tokens_per_call",),
    "max_concurrency": ("max_concurrency",),
    "rate_calls": ("rate", "calls"),
    "rate_per": ("rate", "per"),
    "day_cost": ("budget_per_day", "cost_usd"),
    "day_tokens": ("budget_per_day", "tokens"),
    "day_calls": ("budget_per_day", "calls"),
}


def typed_of_agent(agent: Agent) -> dict[str, str]:
    """Return an agent as it would have been typed."""
    spec = agent.spec
    adapter = spec["adapter"]
    http, openai = adapter.get("http") or {}, adapter.get("openai") or {}
    said = {
        **_about(agent),
        "role": spec["role"],
        "capabilities": joined(spec["capabilities"]),
        "adapter": next(kind for kind in ADAPTERS if adapter.get(kind) is not None),
        "python": adapter.get("python"),
        "url": http.get("url"),
        "headers": readable(http["headers"]) if http.get("headers") else "",
        **{name: openai.get(name) for name in ("model", "system", "temperature", "base_url", "key_env")},
        "config": readable(spec["config"]) if spec["config"] else "",
        **{name: spec[name] for name in ("pool", "timeout", "priority", "authority", "owner")},
        **{name: joined(spec[name]) for name in ("reads", "tools", "never")},
        **{name: _part(spec, path) for name, path in _LIMITS.items()},
    }
    return {name: "" if value is None else str(value) for name, value in said.items()}


def agent_in(typed: Mapping[str, str], labels: Mapping[str, str]) -> tuple[JsonObject, list[FieldError]]:
    """Return the manifest that a filled form says, and what cannot be read of it; an empty field says nothing."""
    config, wrong = mapping_in(typed.get("config", ""), "/spec/config")
    adapter, wrong_there = _adapter(typed)
    spec: JsonObject = {"role": typed.get("role", ""), "adapter": adapter, "config": config}
    spec["capabilities"] = listed(typed.get("capabilities", ""))
    spec["never"] = listed(typed.get("never", ""))
    spec |= _given(typed, ("pool", "timeout", "priority", "authority", "owner"))
    spec |= {name: listed(typed[name]) for name in ("reads", "tools") if typed.get(name, "").strip()}
    for name, (first, *rest) in _LIMITS.items():
        is_idle = name == "rate_per" and not typed.get("rate_calls", "").strip()
        if (value := typed.get(name, "").strip()) and not is_idle:
            part = spec.setdefault(first, {}) if rest else spec
            cast(JsonObject, part)[rest[0] if rest else first] = value
    return _manifest("Agent", typed, labels, spec), [*wrong, *wrong_there]


def typed_of_role(role: Role) -> dict[str, str]:
    """Return a role as it would have been typed."""
    spec = role.spec
    lists = {name: joined(spec[name]) for name in ("capabilities", "reads", "tools")}
    return {**_about(role), "authority": str(spec["authority"]), **lists}


def role_in(typed: Mapping[str, str], labels: Mapping[str, str]) -> JsonObject:
    """Return the manifest that a filled form says."""
    spec: JsonObject = {name: listed(typed.get(name, "")) for name in ("capabilities", "reads", "tools")}
    return _manifest("Role", typed, labels, spec | _given(typed, ("authority",)))


def _adapter(typed: Mapping[str, str]) -> tuple[JsonObject, list[FieldError]]:
    kind = typed.get("adapter", "")
    if kind == "http":
        headers, wrong = mapping_in(typed.get("headers", ""), "/spec/adapter/http/headers")
        return {"http": {**_given(typed, ("url",)), "headers": headers}}, wrong
    if kind == "openai":
        return {"openai": _given(typed, ("model", "system", "temperature", "base_url", "key_env"))}, []
    path = typed.get("python", "").strip()
    return {"python": path}, [] if path else [FieldError("/spec/adapter/python", "this field is required")]


def _part(spec: Mapping[str, Any], path: Sequence[str]) -> Any:
    value: Any = spec
    for name in path:
        value = (value or {}).get(name)
    return value


def _given(typed: Mapping[str, str], names: Sequence[str]) -> dict[str, Json]:
    return {name: typed[name].strip() for name in names if typed.get(name, "").strip()}


def _about(thing: Agent | Role) -> dict[str, Any]:
    return {"name": thing.name, "title": thing.title, "description": thing.description}


def _manifest(kind: str, typed: Mapping[str, str], labels: Mapping[str, str], spec: JsonObject) -> JsonObject:
    about = {name: typed.get(name, "").strip() for name in ("name", "title", "description")}
    metadata: JsonObject = {**about, "labels": dict(labels)}
    return {"apiVersion": "coordination/v1", "kind": kind, "metadata": metadata, "spec": spec}
