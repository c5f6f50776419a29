"""A policy as a browser types it, and how a test fills in a form again that a page showed."""

import html
import re
from typing import Any

from django.test import Client

FORM = {
    "name": "limits",
    "title": "Limits",
    "rule-key": "over",
    "rule-statement": "Above $${params.limit} a person decides.",
    "statement-seen": "Above $${params.limit} a person decides.",
    "rule-when": "action.amount > params.limit",
    "when-seen": "action.amount > params.limit",
    "row-0-field": "action.amount",
    "row-0-operator": "is above",
    "row-0-value": "100",
    "row-0-param": "limit",
    "row-0-seen": "100",
    "join": "all",
    "hook-action": "on",
    "rule-effect": "require_approval",
    "rule-role": "reviewer",
    "rule-n_required": "1",
    "rule-severity": "high",
    "rule-mode": "enforced",
    "rule-failure_policy": "closed",
    "param-0-name": "limit",
    "param-0-type": "double",
    "param-0-value": "100",
    "param-0-title": "Limit",
}
LIVE = {"HX-Request": "true", "HX-Target": "div#rule"}
_INPUT = re.compile(r"<input\b([^>]*)>")
_AREA = re.compile(r"<textarea\b([^>]*)>(.*?)</textarea>", re.DOTALL)
_SELECT = re.compile(r"<select\b([^>]*)>(.*?)</select>", re.DOTALL)
_OPTION = re.compile(r"<option\b([^>]*)>(.*?)</option>", re.DOTALL)


def post(client: Client, act: str, path: str = "/policies/new/", **changes: Any) -> Any:
    """Post the form; `rule__key` is the field `rule-key`."""
    return client.post(path, {**FORM, "act": act, **{name.replace("__", "-"): text for name, text in changes.items()}})


def typed_in(page: str) -> dict[str, str]:
    """Return what a browser would send of the form in which a rule is edited."""
    form = page.partition('class="rule-form"')[2].partition("</form>")[0] or page
    found = {}
    for attributes in _INPUT.findall(form):
        if 'type="checkbox"' not in attributes:
            found[_name(attributes)] = _attribute(attributes, "value")
        elif " checked" in attributes:
            found[_name(attributes)] = "on"
    found |= {_name(attributes): html.unescape(text) for attributes, text in _AREA.findall(form)}
    for attributes, inside in _SELECT.findall(form):
        options = _OPTION.findall(inside)
        chosen = next((one for one in options if " selected" in one[0]), options[0])
        found[_name(attributes)] = _attribute(chosen[0], "value") if "value=" in chosen[0] else html.unescape(chosen[1])
    return {name: text for name, text in found.items() if name and name != "csrfmiddlewaretoken"}


def _name(attributes: str) -> str:
    return _attribute(attributes, "name")


def _attribute(attributes: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', attributes)
    return html.unescape(found[1]) if found else ""
