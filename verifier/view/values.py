"""Contract values made into facts: structs into dataclasses, numbers into enumerations."""

from __future__ import annotations

from dataclasses import is_dataclass
from enum import IntEnum
from functools import cache
from typing import Any, TypeVar, get_type_hints

from verifier.errors import ChainUnavailable

_T = TypeVar("_T")


def shaped(kind: type[_T], value: Any) -> _T:
    """A decoded value as ``kind``; the fields of a dataclass stand in the struct's order.

    Raises ChainUnavailable (``chain_other``) for a number that an enumeration lacks.
    """
    if is_dataclass(kind):
        fields = zip(_field_types(kind), value, strict=True)
        return kind(*(shaped(field, item) for field, item in fields))
    if issubclass(kind, IntEnum):
        return _member(kind, value)
    found: _T = value
    return found


def _member(kind: type[_T], value: Any) -> _T:
    try:
        return kind(value)  # type: ignore[call-arg]
    except ValueError as error:
        raise ChainUnavailable(
            "chain_other", f"{value} is no {kind.__name__} of the contracts.", "chain"
        ) from error


@cache
def _field_types(kind: type[Any]) -> list[Any]:
    return list(get_type_hints(kind).values())


def unhex(text: object) -> bytes:
    """Bytes of the 0x-hex that a node answered; raises ChainUnavailable for anything else."""
    if isinstance(text, str) and text.startswith("0x"):
        try:
            return bytes.fromhex(text[2:])
        except ValueError:
            pass
    raise ChainUnavailable("chain_unreachable", "The node answered no hex.", "rpc")


def number(quantity: object) -> int:
    """A quantity that a node answered (0x-hex without leading zeros), below 2^64."""
    if isinstance(quantity, str) and quantity.startswith("0x") and len(quantity) <= 18:
        try:
            return int(quantity, 16)
        except ValueError:
            pass
    raise ChainUnavailable("chain_unreachable", "The node answered no number.", "rpc")
