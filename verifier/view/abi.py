"""The contracts' ABI: calls and events as bytes, and what they decode to."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_utils.abi import (
    collapse_if_tuple,
    event_abi_to_log_topic,
    function_abi_to_4byte_selector,
)

from verifier.errors import ChainUnavailable


@dataclass(frozen=True, slots=True)
class Function:
    """One function of a contract: its selector, what it takes, what it answers with."""

    selector: bytes
    inputs: Sequence[str]
    outputs: Sequence[str]

    @classmethod
    def of(cls, entry: Any) -> Function:
        """Read a function from its entry in an ABI."""
        selector = function_abi_to_4byte_selector(entry)
        return cls(selector, types(entry["inputs"]), types(entry["outputs"]))

    def encode(self, arguments: Sequence[Any]) -> bytes:
        """The data of a call."""
        return self.selector + encode(self.inputs, arguments)

    def decode(self, answer: bytes) -> tuple[Any, ...]:
        """What a call answered; raises ChainUnavailable (``chain_other``) for anything else."""
        return _decode(self.outputs, answer)


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a contract: which parameters stand in topics, and which in the data."""

    name: str
    indexed: Mapping[str, str]
    plain: Mapping[str, str]

    @classmethod
    def of(cls, entry: Any) -> Event:
        """Read an event from its entry in an ABI."""
        split: dict[bool, dict[str, str]] = {True: {}, False: {}}
        for parameter in entry["inputs"]:
            split[parameter["indexed"]][parameter["name"]] = collapse_if_tuple(parameter)
        return cls(entry["name"], split[True], split[False])


def types(parameters: Sequence[Any]) -> list[str]:
    """The types of an ABI entry's parameters, structs as tuples."""
    return [collapse_if_tuple(parameter) for parameter in parameters]


_ABI: Mapping[str, Sequence[Any]] = json.loads(
    files("verifier.view").joinpath("abi.json").read_text("utf-8")
)
VIEWS: Mapping[tuple[str, str], Function] = {
    (contract, entry["name"]): Function.of(entry)
    for contract, entries in _ABI.items()
    for entry in entries
    if entry["type"] == "function"
}
EVENTS: Mapping[bytes, Event] = {
    event_abi_to_log_topic(entry): Event.of(entry)
    for entries in _ABI.values()
    for entry in entries
    if entry["type"] == "event"
}


def decode_event(topics: Sequence[bytes], data: bytes) -> tuple[str, dict[str, Any]]:
    """The name and parameters of an event; raises ChainUnavailable if it is none of ours."""
    event = EVENTS.get(topics[0]) if topics else None
    if event is None or len(topics) != 1 + len(event.indexed):
        raise ChainUnavailable("chain_other", "An event that the contracts do not have.", "chain")
    indexed = _decode(list(event.indexed.values()), b"".join(topics[1:]))
    plain = _decode(list(event.plain.values()), data)
    names = (*event.indexed, *event.plain)
    return event.name, dict(zip(names, (*indexed, *plain), strict=True))


def _decode(expected: Sequence[str], data: bytes) -> tuple[Any, ...]:
    try:
        return decode(expected, data)
    except (DecodingError, OverflowError, UnicodeDecodeError) as error:
        # Where there is no contract, a call answers with nothing.
        raise ChainUnavailable(
            "chain_other", "No contract of Tem answers at the configured address.", "chain"
        ) from error
