"""The views and events of the three contracts, encoded and decoded by their ABI."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any, NamedTuple

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_utils.abi import (
    collapse_if_tuple,
    event_abi_to_log_topic,
    function_abi_to_4byte_selector,
)

from verifier.errors import ChainUnavailable

_ABI: Mapping[str, Sequence[Any]] = json.loads(
    files("verifier.view").joinpath("abi.json").read_text("utf-8")
)


class View(NamedTuple):
    """One view function: how to ask, and the types of what it answers."""

    selector: bytes
    inputs: list[str]
    outputs: list[str]


class Event(NamedTuple):
    """One event: its name, and which parameters stand in topics and which in the data."""

    name: str
    indexed: list[tuple[str, str]]
    plain: list[tuple[str, str]]


def _types(parameters: Sequence[Any]) -> list[str]:
    return [collapse_if_tuple(parameter) for parameter in parameters]


def _view(entry: Any) -> View:
    selector = function_abi_to_4byte_selector(entry)
    return View(selector, _types(entry["inputs"]), _types(entry["outputs"]))


def _event(entry: Any) -> Event:
    pairs = [(p["name"], collapse_if_tuple(p), p["indexed"]) for p in entry["inputs"]]
    return Event(
        entry["name"],
        [(name, kind) for name, kind, indexed in pairs if indexed],
        [(name, kind) for name, kind, indexed in pairs if not indexed],
    )


VIEWS: Mapping[tuple[str, str], View] = {
    (contract, entry["name"]): _view(entry)
    for contract, entries in _ABI.items()
    for entry in entries
    if entry["type"] == "function"
}
EVENTS: Mapping[bytes, Event] = {
    event_abi_to_log_topic(entry): _event(entry)
    for entries in _ABI.values()
    for entry in entries
    if entry["type"] == "event"
}


def encode_call(view: View, arguments: Sequence[Any]) -> str:
    """The call data of a view, as hex."""
    return "0x" + (view.selector + encode(view.inputs, arguments)).hex()


def decode_result(view: View, result: object) -> tuple[Any, ...]:
    """What a view answered; raises ChainUnavailable if that is not of its type."""
    return _decode(view.outputs, unhex(result))


def decode_event(topics: Sequence[bytes], data: bytes) -> tuple[str, dict[str, Any]]:
    """The name and parameters of an event; raises ChainUnavailable if it is none of ours."""
    event = EVENTS.get(topics[0]) if topics else None
    if event is None or len(topics) != 1 + len(event.indexed):
        raise ChainUnavailable("chain_other", "An event that the contracts do not have.", "chain")
    values: dict[str, Any] = {}
    for (name, kind), topic in zip(event.indexed, topics[1:], strict=True):
        (values[name],) = _decode([kind], topic)
    plain = _decode([kind for _, kind in event.plain], data)
    values.update(zip((name for name, _ in event.plain), plain, strict=True))
    return event.name, values


def unhex(text: object) -> bytes:
    """Bytes of 0x-hex; raises ChainUnavailable for anything else."""
    if not isinstance(text, str) or not text.startswith("0x"):
        raise ChainUnavailable("chain_unreachable", "The node answered no hex.", "rpc")
    try:
        return bytes.fromhex(text[2:])
    except ValueError as error:
        raise ChainUnavailable("chain_unreachable", "The node answered no hex.", "rpc") from error


def _decode(types: Sequence[str], data: bytes) -> tuple[Any, ...]:
    try:
        return decode(types, data)
    except (DecodingError, OverflowError, UnicodeDecodeError) as error:
        # No contract at this address answers with nothing.
        raise ChainUnavailable(
            "chain_other", "No contract of Tem answers at the configured address.", "chain"
        ) from error
