"""The report as one HTML file that needs nothing else."""

from typing import Any

from django.template.loader import render_to_string


def html_of(said: dict[str, Any]) -> str:
    """Return the page."""
    return render_to_string("reports/pack.html", {"report": said})
