"""Published logs of the test world, whose files are written without the code under test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests import reference_tree
from tests.chain import state
from tests.world import CORE, GENESIS, KEY, LOG, LOG_KEY, ORIGIN, Signer, T, header_of, secret
from tests.world import signed_raw as sign
from verifier import checkpoint
from verifier.chain_view import Anchor
from verifier.view.state import ChainState

_HEADER = header_of(CORE)


def statement(number: int, signer: Signer = KEY, **changes: Any) -> bytes:
    """The statement of record ``number``; ``changes`` are made to its header."""
    header = replace(_HEADER, **{"sub": f"V26.{number:05}", **changes})
    return sign(header.encode(), secret(f"claims {number}"), signer)


@cache
def statements(count: int) -> tuple[bytes, ...]:
    """The entries of a log in order: the genesis statement, then records 1, 2, …"""
    return (GENESIS.statement, *(statement(number) for number in range(1, count)))


@dataclass
class PublishedLog:
    """A log's entries as they are published in ``folder``."""

    folder: Path
    entries: list[bytes]
    origin: str = ORIGIN
    key: Ed25519PrivateKey = field(default_factory=lambda: LOG_KEY)

    @property
    def leaves(self) -> list[bytes]:
        return [reference_tree.leaf(entry) for entry in self.entries]

    @property
    def files(self) -> list[str]:
        """All tiles and bundles, as paths below the folder."""
        found = (self.folder / "tile").rglob("*")
        return sorted(str(path.relative_to(self.folder)) for path in found if path.is_file())

    def publish(self) -> PublishedLog:
        """Write all files; what else stands in the folder stays there."""
        for number, part in parts(self.entries):
            bundle = b"".join(len(entry).to_bytes(2, "big") + entry for entry in part)
            self.write("entries", number, len(part), bundle)
        level, hashes = 0, self.leaves
        while hashes:
            for number, part in parts(hashes):
                self.write(str(level), number, len(part), b"".join(part))
            full = [part for _, part in parts(hashes) if len(part) == 256]
            level, hashes = level + 1, [reference_tree.root(part) for part in full]
        self.sign(len(self.entries), reference_tree.root(self.leaves))
        return self

    def write(self, level: str, number: int, width: int, data: bytes) -> None:
        """Write one tile or bundle; ``number`` below 1000."""
        partial = "" if width == 256 else f".p/{width}"
        path = self.folder / f"tile/{level}/{number:03}{partial}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def sign(self, size: int, root: bytes) -> None:
        """Write the checkpoint."""
        self.folder.mkdir(parents=True, exist_ok=True)
        text = checkpoint.sign(self.origin, size, root, self.key)
        (self.folder / "checkpoint").write_text(text, "utf-8")


def parts(items: Sequence[bytes]) -> list[tuple[int, Sequence[bytes]]]:
    """Items in lots of 256, with their numbers."""
    return [(at // 256, items[at : at + 256]) for at in range(0, len(items), 256)]


def chain_of(
    log: PublishedLog, sizes: Sequence[int], *changes: Callable[[ChainState], object]
) -> ChainState:
    """The chain on which the log was anchored at these sizes."""
    leaves = log.leaves
    chain = state()
    chain.logs[LOG].anchors[:] = [
        Anchor(size, T + size, size, reference_tree.root(leaves[:size])) for size in sizes
    ]
    for change in changes:
        change(chain)
    return chain


def flip(path: Path, place: int = -1, bit: int = 1) -> None:
    """Flip one bit of a file."""
    data = bytearray(path.read_bytes())
    data[place] ^= bit
    path.write_bytes(data)
