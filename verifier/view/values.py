"""Contract values made into facts, shared by the live view and the replay of events."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, TypeVar

from verifier.chain_view import Act, Entry, Reason
from verifier.errors import ChainUnavailable

_E = TypeVar("_E", bound=IntEnum)


def numbered(kind: type[_E], value: int) -> _E:
    """A member of an enumeration; raises ChainUnavailable for a number that it lacks."""
    try:
        return kind(value)
    except ValueError as error:
        raise ChainUnavailable(
            "chain_other", f"{value} is no {kind.__name__} of the contracts.", "chain"
        ) from error


def entry(values: tuple[Any, ...]) -> Entry:
    """One line of a history, from the contracts' struct Entry."""
    act, reason, effective, until, recorded_at, by = values
    return Entry(numbered(Act, act), numbered(Reason, reason), effective, until, recorded_at, by)
