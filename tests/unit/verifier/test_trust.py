"""The configuration that says what a file is judged by."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.world import TRUST, without
from verifier.errors import ConfigurationError
from verifier.trust import DEFAULT_MAX_AGE, parse

MEMBERS: dict[str, Any] = json.loads(TRUST.encode())


def test_what_is_written_is_read() -> None:
    assert parse(TRUST.encode()) == TRUST


def test_the_age_has_a_default() -> None:
    assert DEFAULT_MAX_AGE == 600
    assert parse(json.dumps(without(MEMBERS, "max_age")).encode()).max_age == DEFAULT_MAX_AGE


@pytest.mark.parametrize("name", [name for name in MEMBERS if name != "max_age"])
def test_nothing_else_has_a_default(name: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse(json.dumps(without(MEMBERS, name)).encode())
    assert (caught.value.code, caught.value.place) == ("trust_incomplete", f"trust.{name}")


@pytest.mark.parametrize(
    "change",
    [
        {"chain_id": 0},
        {"chain_id": -1},
        {"chain_id": "31337"},
        {"chain_id": True},
        {"max_age": 0},
        {"max_age": None},
        {"genesis": "00" * 32},
        {"genesis": "0x" + "00" * 31},
        {"genesis": None},
        {"root": "0x" + "AB" * 32},
        {"trust_registry": "0x" + "01" * 21},
        {"log_anchor": "0x" + "AB" * 20},
        {"status_registry": 3},
        {"rpc": "http://127.0.0.1:8545"},
    ],
    ids=str,
)
def test_a_wrong_member_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse(json.dumps({**MEMBERS, **change}).encode())
    assert caught.value.code == "trust_invalid"


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b'{"chain_id":1,"chain_id":2}', b"\xff"])
def test_what_is_no_configuration_is_refused(data: bytes) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse(data)
    assert caught.value.code == "trust_invalid"
