"""What a verifier trusts: the judge that no file can choose for itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import orjson

from verifier.encoding import parse_json
from verifier.errors import ConfigurationError, FormatError

DEFAULT_MAX_AGE = 600

_ADDRESS = re.compile(r"0x[0-9a-f]{40}")
_HASH = re.compile(r"0x[0-9a-f]{64}")
_NAMES = ("chain_id", "genesis", "trust_registry", "log_anchor", "status_registry", "root")


@dataclass(frozen=True, slots=True)
class Trust:
    """A chain, the three contracts on it, the root organisation, and how old a view may be.

    ``genesis`` is the hash of block 0 and ``root`` the root organisation's id (32 bytes each);
    addresses are lower-case hex; ``max_age`` is in seconds.
    """

    chain_id: int
    genesis: bytes
    trust_registry: str
    log_anchor: str
    status_registry: str
    root: bytes
    max_age: int = DEFAULT_MAX_AGE

    def encode(self) -> bytes:
        """The configuration file that ``parse`` reads."""
        members = {
            "chain_id": self.chain_id,
            "genesis": "0x" + self.genesis.hex(),
            "trust_registry": self.trust_registry,
            "log_anchor": self.log_anchor,
            "status_registry": self.status_registry,
            "root": "0x" + self.root.hex(),
            "max_age": self.max_age,
        }
        return orjson.dumps(members, option=orjson.OPT_INDENT_2) + b"\n"


def parse(data: bytes) -> Trust:
    """Read a trust configuration; raises ConfigurationError with the member that is wrong."""
    try:
        members = parse_json(data, "trust")
    except FormatError as error:
        raise ConfigurationError("trust_invalid", str(error), "trust") from error
    if not isinstance(members, dict):
        raise ConfigurationError("trust_invalid", "Expected an object.", "trust")
    for name in _NAMES:
        if name not in members:
            raise ConfigurationError("trust_incomplete", f"{name} is missing.", f"trust.{name}")
    for name in members:
        if name not in (*_NAMES, "max_age"):
            raise ConfigurationError("trust_invalid", f"{name!a} is unknown.", "trust")
    return Trust(
        chain_id=_positive(members, "chain_id"),
        genesis=_hash(members, "genesis"),
        trust_registry=_text(members, "trust_registry", _ADDRESS),
        log_anchor=_text(members, "log_anchor", _ADDRESS),
        status_registry=_text(members, "status_registry", _ADDRESS),
        root=_hash(members, "root"),
        max_age=_positive(members, "max_age") if "max_age" in members else DEFAULT_MAX_AGE,
    )


def _text(members: dict[str, Any], name: str, grammar: re.Pattern[str]) -> str:
    value = members[name]
    if not isinstance(value, str) or not grammar.fullmatch(value):
        raise ConfigurationError("trust_invalid", f"Expected {grammar.pattern}.", f"trust.{name}")
    return value


def _hash(members: dict[str, Any], name: str) -> bytes:
    return bytes.fromhex(_text(members, name, _HASH)[2:])


def _positive(members: dict[str, Any], name: str) -> int:
    value = members[name]
    if type(value) is not int or value <= 0:
        raise ConfigurationError("trust_invalid", "Expected a positive number.", f"trust.{name}")
    return value
