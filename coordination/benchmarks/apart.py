"""Processes of their own for a benchmark: started afresh, so that they share no connection with who started them."""

from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from typing import Any

context = get_context("spawn")


def process(work: Callable[..., None], *arguments: Any) -> BaseProcess:
    """Return a process that is going to do the work, once it is started."""
    return context.Process(target=_run, args=(work.__module__, work.__name__, arguments), daemon=True)


def _run(module: str, name: str, arguments: tuple[Any, ...]) -> None:
    # Only now: what works needs Django, and that is not there before its settings are.
    from importlib import import_module  # noqa: PLC0415

    import django  # noqa: PLC0415

    django.setup()
    getattr(import_module(module), name)(*arguments)
