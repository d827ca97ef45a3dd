"""The contracts' ABIs: encoding calls, decoding answers and refusals."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_utils.abi import collapse_if_tuple, function_abi_to_4byte_selector

from anchor.errors import ContractRefused

CONTRACTS = ("TrustRegistry", "LogAnchor", "StatusRegistry")


@dataclass(frozen=True, slots=True)
class Function:
    """One function: its selector, the types it takes, and the types it answers with."""

    selector: bytes
    inputs: list[str]
    outputs: list[str]

    def encode(self, arguments: Sequence[Any]) -> bytes:
        """The data of a call."""
        return self.selector + encode(self.inputs, arguments)

    def decode(self, answer: bytes) -> tuple[Any, ...]:
        """What a call answered; raises eth_abi's DecodingError for something else."""
        return decode(self.outputs, answer)


@cache
def artifact(contract: str) -> Mapping[str, Any]:
    """The committed artifact of a contract: ``abi`` and ``bytecode`` (0x-hex)."""
    found: Mapping[str, Any] = json.loads(
        files("anchor.chain").joinpath(f"artifacts/{contract}.json").read_text("utf-8")
    )
    return found


@cache
def functions(contract: str) -> Mapping[str, Function]:
    """The functions of a contract by name."""
    return {
        entry["name"]: Function(
            function_abi_to_4byte_selector(entry),
            _types(entry["inputs"]),
            _types(entry["outputs"]),
        )
        for entry in artifact(contract)["abi"]
        if entry["type"] == "function"
    }


def creation(contract: str, arguments: Sequence[Any]) -> bytes:
    """The data of the transaction that creates a contract."""
    inputs = next(e["inputs"] for e in artifact(contract)["abi"] if e["type"] == "constructor")
    return bytes.fromhex(artifact(contract)["bytecode"][2:]) + encode(_types(inputs), arguments)


def refusal(data: object) -> ContractRefused:
    """What a revert says. ``data`` is what the node gave: 0x-hex if it gave the error's bytes."""
    raw = _unhex(data)
    entry = _errors().get(raw[:4])
    if entry is not None:
        try:
            values = decode(_types(entry["inputs"]), raw[4:])
        except DecodingError:
            return ContractRefused("Reverted", {"data": "0x" + raw.hex()})
        names = [parameter["name"] for parameter in entry["inputs"]]
        return ContractRefused(entry["name"], dict(zip(names, map(_plain, values), strict=True)))
    return ContractRefused("Reverted", {"data": "0x" + raw.hex()} if raw else {})


@cache
def _errors() -> Mapping[bytes, Mapping[str, Any]]:
    """Custom errors of all contracts by selector: one contract passes on those of another."""
    entries = [entry for contract in CONTRACTS for entry in artifact(contract)["abi"]]
    return {function_abi_to_4byte_selector(e): e for e in entries if e["type"] == "error"}


def _types(parameters: Sequence[Any]) -> list[str]:
    return [collapse_if_tuple(parameter) for parameter in parameters]


def _unhex(data: object) -> bytes:
    text = data if isinstance(data, str) else ""
    try:
        return bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        return b""


def _plain(value: Any) -> Any:
    return "0x" + value.hex() if isinstance(value, bytes) else value
