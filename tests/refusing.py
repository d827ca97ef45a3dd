"""Whether a step refuses, and with which code."""

from __future__ import annotations

from collections.abc import Callable

from verifier.errors import TemError


def refusal(step: Callable[[], object]) -> str | None:
    """The code with which ``step`` refuses, or None if it does not. Other errors pass through."""
    try:
        step()
    except TemError as error:
        return error.code
    return None
