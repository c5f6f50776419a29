"""What templates may call: icons, times, money, counts; rounded on the page, exact on hover."""

import json
from datetime import datetime
from typing import Any

import yaml
from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from coordination.shared.clock import now
from coordination.shared.json import Json
from coordination.web import words
from coordination.web.excerpt import excerpt as shortened

register = template.Library()


class _Readable(yaml.SafeDumper):
    """YAML with text of several lines as it was written."""


def _as_block(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Readable.add_representer(str, _as_block)


@register.simple_tag
def icon(name: str, title: str = "") -> SafeString:
    """Draw a symbol of the sprite; with a title it speaks for itself, without it is decoration."""
    about = format_html('role="img" aria-label="{}"', title) if title else mark_safe('aria-hidden="true"')
    return format_html('<svg class="icon" {}><use href="{}#{}"/></svg>', about, static("icons.svg"), name)


@register.filter
def as_json(value: Any) -> str:
    """Write a value for a script that reads it from an attribute."""
    return json.dumps(value, default=dict)


@register.filter
def when(moment: datetime | None) -> str:
    """Say a moment as part of a sentence: "2 min ago", "in 12 min"."""
    return _time(moment, words.when(moment, now())) if moment else "—"


@register.filter
def age(moment: datetime | None) -> str:
    """Say a moment by its age alone: "2 min"."""
    return _time(moment, words.age(moment, now())) if moment else "—"


@register.filter
def exact(moment: datetime | None) -> str:
    """Say a moment to the second."""
    return _time(moment, words.exact(moment)) if moment else "—"


@register.filter
def moment(moment: datetime | None) -> str:
    """Say a moment of a day to the millisecond, for telling what happened in a burst apart."""
    return _time(moment, words.moment(moment)) if moment else "—"


@register.filter
def duration(seconds: float | None) -> str:
    """Say how long something took."""
    if seconds is None:
        return "—"
    return format_html('<span title="{} s">{}</span>', f"{seconds:.3f}", words.duration(seconds))


@register.filter
def money(microusd: int | None) -> str:
    """Say an amount of money."""
    if microusd is None:
        return "—"
    return format_html('<span title="{}">{}</span>', words.exact_money(microusd), words.money(microusd))


@register.filter
def count(number: int | None) -> str:
    """Say a count."""
    if number is None:
        return "—"
    return format_html('<span title="{}">{}</span>', number, words.count(number))


@register.filter
def readable(value: Json) -> str:
    """Lay out a JSON value as YAML: fewer brackets and quotes to read past; the page wraps long lines."""
    text = yaml.dump(value, Dumper=_Readable, sort_keys=False, allow_unicode=True, width=10_000)
    return str(text).removesuffix("...\n").rstrip()


@register.filter
def excerpt(value: Json) -> str:
    """Lay out the beginning of a JSON value that may be of any size."""
    return readable(shortened(value))


def _time(moment: datetime, said: str) -> SafeString:
    markup = '<time datetime="{}" title="{}">{}</time>'
    return format_html(markup, moment.isoformat(), words.exact(moment), said)
