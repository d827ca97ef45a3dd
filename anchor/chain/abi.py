"""The contracts' ABIs: encoding calls, decoding answers and refusals."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_utils.abi import function_abi_to_4byte_selector

from anchor.errors import ContractRefused
from verifier.view.abi import Function, types

CONTRACTS = ("TrustRegistry", "LogAnchor", "StatusRegistry")


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
        entry["name"]: Function.of(entry)
        for entry in artifact(contract)["abi"]
        if entry["type"] == "function"
    }


def creation(contract: str, arguments: Sequence[Any]) -> bytes:
    """The data of the transaction that creates a contract."""
    inputs = next(e["inputs"] for e in artifact(contract)["abi"] if e["type"] == "constructor")
    return bytes.fromhex(artifact(contract)["bytecode"][2:]) + encode(types(inputs), arguments)


def refusal(data: object) -> ContractRefused:
    """What a revert says. ``data`` is what the node gave: 0x-hex if it gave the error's bytes."""
    raw = _unhex(data)
    entry = _errors().get(raw[:4])
    if entry is not None:
        try:
            values = decode(types(entry["inputs"]), raw[4:])
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


def _unhex(data: object) -> bytes:
    text = data if isinstance(data, str) else ""
    try:
        return bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        return b""


def _plain(value: Any) -> Any:
    return "0x" + value.hex() if isinstance(value, bytes) else value
