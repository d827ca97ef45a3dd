"""What a log's published files have to be, by the words of C2SP tlog-tiles and nothing of ours."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine

from anchor import store
from anchor.database import reading, writing
from anchor.errors import LogError
from anchor.publishing import Publisher
from anchor.store import Entry
from tests import reference_tree
from verifier import checkpoint
from verifier.names import log_id, org_id
from verifier.published import Folder
from verifier.static_log import StaticLog

NOW = 1_790_000_000
ORG = org_id("did:web:body.example")
ORIGIN = "tem.example/body"
LOG = log_id(ORG, ORIGIN)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
PUBLIC_KEY = KEY.public_key().public_bytes_raw()


def statement(number: int, history: bytes = b"") -> bytes:
    """Entry ``number`` of a history."""
    return b"statement %d" % number + history


def fill(engine: Engine, size: int, history: bytes = b"") -> None:
    """Let the log have ``size`` entries."""
    with writing(engine) as session:
        if LOG not in [state.log for state in store.states(session)]:
            store.create(session, ORG, ORIGIN, Entry(statement(0, history), NOW), NOW)
        first = store.state(session, LOG).size
        entries = [Entry(statement(number, history), NOW) for number in range(first, size)]
        store.append(session, LOG, entries, NOW)


def publisher(engine: Engine, public: Path) -> Publisher:
    """A publisher whose key is the same for every organisation."""
    return Publisher(engine, public, lambda _org: KEY)


def noted(engine: Engine) -> int:
    """The size that the database says is published."""
    with reading(engine) as session:
        return store.state(session, LOG).published


def folder(public: Path) -> Path:
    """Where the log's files stand."""
    return public / "logs" / LOG.hex()


def files(public: Path) -> dict[str, bytes]:
    """All files of the log by their paths, and what was left over aside."""
    aside = public / ".publishing" / LOG.hex()
    found = {
        str(path.relative_to(place)): path.read_bytes()
        for place in (folder(public), aside)
        for path in place.rglob("*")
        if path.is_file()
    }
    found.pop("lock", None)
    return found


def published_at(engine: Engine, public: Path, *sizes: int) -> dict[str, bytes]:
    """Publish the log at each of these sizes; its files."""
    for size in sizes:
        fill(engine, size)
        assert publisher(engine, public).publish(LOG) == size
    assert noted(engine) == sizes[-1]
    return files(public)


def refused(engine: Engine, public: Path, code: str, place: Path | str) -> str:
    """That publishing is refused, and changes neither files nor database; what it says."""
    before, known = files(public), noted(engine)
    with pytest.raises(LogError) as caught:
        publisher(engine, public).publish(LOG)
    assert (caught.value.code, caught.value.place) == (code, str(place))
    assert (files(public), noted(engine)) == (before, known)
    return caught.value.message


def expected(*sizes: int) -> dict[str, bytes]:
    """The files of a log that was published at each of these sizes, the last one the largest.

    Narrow tiles stay until there is the full one.
    """
    found = dict[str, bytes]()
    for size in sizes:
        found |= _tree(size)
    for path in list(found):
        if path.partition(".p/")[0] in found and ".p/" in path:
            del found[path]
    root = reference_tree.root(_leaves(sizes[-1]))
    text = checkpoint.sign(ORIGIN, sizes[-1], root, KEY)
    return {**found, "checkpoint": text.encode()}


def readable(public: Path) -> int:
    """The size of what a stranger reads, who has checked every entry and the signature."""
    log = StaticLog(Folder(folder(public)))
    text = log.checkpoint()
    if text is None:
        return 0
    signed = checkpoint.verify(text, PUBLIC_KEY)
    numbered = list(log.entries(signed))
    assert numbered == [(number, statement(number)) for number in range(signed.size)]
    assert signed.root == reference_tree.root(_leaves(signed.size))
    return signed.size


def _leaves(size: int) -> list[bytes]:
    return [reference_tree.leaf(statement(number)) for number in range(size)]


def _tree(size: int) -> dict[str, bytes]:
    found = dict[str, bytes]()
    level, hashes = 0, _leaves(size)
    while hashes:
        rows = [hashes[first : first + 256] for first in range(0, len(hashes), 256)]
        for index, row in enumerate(rows):
            found[_path(str(level), index, len(row))] = b"".join(row)
        level, hashes = level + 1, [reference_tree.root(row) for row in rows if len(row) == 256]
    for first in range(0, size, 256):
        entries = [statement(number) for number in range(first, min(first + 256, size))]
        found[_path("entries", first // 256, len(entries))] = b"".join(
            len(entry).to_bytes(2) + entry for entry in entries
        )
    return found


def _path(kind: str, index: int, width: int) -> str:
    return f"tile/{kind}/{index:03}" + ("" if width == 256 else f".p/{width}")
