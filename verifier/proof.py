"""The proof file ``.tem`` (media type application/tem+json): everything one record needs.

A file never chooses its judge: its ``chain`` member is a hint for people and is not used.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import orjson

from verifier.encoding import (
    base64_decode,
    base64_encode,
    base64url_decode,
    base64url_encode,
    parse_json,
)
from verifier.errors import FormatError, UnsupportedError
from verifier.merkle import HASH_BYTES, MAX_PATH

VERSION = 1
MEDIA_TYPE = "application/tem+json"
MAX_BYTES = 256 * 1024
MAX_TREE = 1 << 40
MAX_DISCLOSURES = 128

_CHAIN_ID = re.compile(r"eip155:[1-9][0-9]{0,17}")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_MEMBERS = ("tem", "claims", "disclosures", "statement", "log", "checkpoint", "chain")


@dataclass(frozen=True, slots=True)
class ProofFile:
    """A decoded proof file. ``size`` is that of the tree to whose root ``path`` leads.

    ``disclosures`` stay encoded; ``checkpoint`` is a signed note or None.
    """

    claims: bytes
    disclosures: tuple[str, ...]
    statement: bytes
    origin: str
    index: int
    size: int
    path: tuple[bytes, ...]
    checkpoint: str | None
    chain_id: str
    anchor: str

    def encode(self) -> bytes:
        """The file's bytes: members in the documented order, no white space."""
        return orjson.dumps(
            {
                "tem": VERSION,
                "claims": base64url_encode(self.claims),
                "disclosures": list(self.disclosures),
                "statement": base64url_encode(self.statement),
                "log": {
                    "origin": self.origin,
                    "index": self.index,
                    "size": self.size,
                    "path": [base64_encode(item) for item in self.path],
                },
                "checkpoint": self.checkpoint,
                "chain": {"id": self.chain_id, "anchor": self.anchor},
            }
        )


def parse(data: bytes) -> ProofFile:
    """Decode a proof file strictly; claims and statement stay bytes.

    Raises FormatError, or UnsupportedError for another version of the format.
    """
    if len(data) > MAX_BYTES:
        raise FormatError("file_too_large", f"Over {MAX_BYTES} bytes.", "file")
    file = parse_json(data, "file")
    if isinstance(file, dict) and type(file.get("tem")) is int and file["tem"] != VERSION:
        raise UnsupportedError("version_unknown", f"Version {file['tem']} of the format.", "tem")
    members = _members(file, _MEMBERS, "file")
    if members["tem"] is not VERSION:
        raise FormatError("member_type", "The version is a number.", "tem")
    log = _members(members["log"], ("origin", "index", "size", "path"), "log")
    chain = _members(members["chain"], ("id", "anchor"), "chain")
    return ProofFile(
        claims=base64url_decode(members["claims"], "claims"),
        disclosures=_texts(members["disclosures"], MAX_DISCLOSURES, "disclosures"),
        statement=base64url_decode(members["statement"], "statement"),
        origin=_text(log["origin"], "log.origin"),
        index=_count(log["index"], "log.index"),
        size=_count(log["size"], "log.size"),
        path=_path(log["path"]),
        checkpoint=None
        if members["checkpoint"] is None
        else _text(members["checkpoint"], "checkpoint"),
        chain_id=_matching(chain["id"], _CHAIN_ID, "chain.id"),
        anchor=_matching(chain["anchor"], _ADDRESS, "chain.anchor"),
    )


def _members(value: object, names: tuple[str, ...], place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise FormatError("member_type", "Expected an object.", place)
    for name in names:
        if name not in value:
            raise FormatError("member_missing", f"{name} is missing.", place)
    for name in value:
        if name not in names:
            raise FormatError("member_unknown", f"{name[:64]!a} is not a member.", place)
    return value


def _text(value: object, place: str) -> str:
    if not isinstance(value, str):
        raise FormatError("member_type", "Expected text.", place)
    return value


def _texts(value: object, limit: int, place: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise FormatError("member_type", "Expected a list.", place)
    if len(value) > limit:
        raise FormatError("list_too_long", f"Over {limit} items.", place)
    return tuple(_text(item, f"{place}[{position}]") for position, item in enumerate(value))


def _path(value: object) -> tuple[bytes, ...]:
    hashes = []
    for position, item in enumerate(_texts(value, MAX_PATH, "log.path")):
        place = f"log.path[{position}]"
        hashes.append(base64_decode(item, place))
        if len(hashes[-1]) != HASH_BYTES:
            raise FormatError("hash_length", "A hash is 32 bytes.", place)
    return tuple(hashes)


def _count(value: object, place: str) -> int:
    if type(value) is not int or not 0 <= value < MAX_TREE:
        raise FormatError("member_range", "Expected a number in 0 … 2^40 - 1.", place)
    return value


def _matching(value: object, grammar: re.Pattern[str], place: str) -> str:
    text = _text(value, place)
    if not grammar.fullmatch(text):
        raise FormatError("member_grammar", f"Expected {grammar.pattern}.", place)
    return text
