"""What a refusal says."""

from __future__ import annotations

import pytest
from eth_abi.abi import encode
from eth_utils.abi import function_signature_to_4byte_selector

from anchor.chain.abi import artifact, creation, refusal
from anchor.errors import ContractRefused, snake_case


def data(signature: str, types: list[str], values: list[object]) -> str:
    return "0x" + (function_signature_to_4byte_selector(signature) + encode(types, values)).hex()


def test_a_custom_error_comes_with_its_arguments() -> None:
    account = "0x" + "0a" * 20
    types = ["bytes32", "address"]
    error = refusal(data("NotAnchorOperator(bytes32,address)", types, [b"\x01" * 32, account]))
    assert isinstance(error, ContractRefused)
    assert (error.error, error.code) == ("NotAnchorOperator", "not_anchor_operator")
    assert error.values == {"org": "0x" + "01" * 32, "caller": account}
    assert account in error.message


@pytest.mark.parametrize(
    ("given", "values"),
    [
        (None, {}),
        ("no data", {}),
        ("0x", {}),
        ("0x1234", {"data": "0x1234"}),
        ({"data": "0x"}, {}),
        ("0xdeadbeef", {"data": "0xdeadbeef"}),
        (data("NotAnchorOperator(bytes32,address)", ["bytes32"], [b""])[:40], None),
    ],
)
def test_anything_else_is_reverted(given: object, values: dict[str, str] | None) -> None:
    error = refusal(given)
    assert (error.error, error.code) == ("Reverted", "reverted")
    assert values is None or error.values == values


def test_creation_is_the_bytecode_and_its_arguments() -> None:
    trust = "0x" + "0b" * 20
    made = creation("LogAnchor", [trust])
    assert made.hex() == artifact("LogAnchor")["bytecode"][2:] + "00" * 12 + "0b" * 20


@pytest.mark.parametrize(
    ("name", "expected"),
    [("newRoot", "new_root"), ("org", "org"), ("DIDKnown", "didknown"), ("logId2At", "log_id2_at")],
)
def test_snake_case(name: str, expected: str) -> None:
    assert snake_case(name) == expected
