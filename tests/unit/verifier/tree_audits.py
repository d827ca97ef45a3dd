"""One pass over a published log's tree, and ways to damage its files."""

from __future__ import annotations

from collections.abc import Callable

from tests import reference_tree
from tests.static_logs import PublishedLog, flip
from verifier import checkpoint
from verifier.audit_findings import Findings
from verifier.audit_tree import TreeAudit
from verifier.chain_view import Anchor
from verifier.published import Folder
from verifier.static_log import StaticLog

Found = list[tuple[str, str, int | None]]
Break = Callable[[PublishedLog], object]


class Outcome:
    """What an audit of a tree found, what it gave, and what it compared."""

    def __init__(self, log: PublishedLog, anchors: list[Anchor]) -> None:
        text = (log.folder / "checkpoint").read_text("utf-8")
        self.findings = Findings()
        files = StaticLog(Folder(log.folder))
        self.audit = TreeAudit(files, checkpoint.parse(text), self.findings, anchors)
        self.entries = {
            index: entry
            for batch in self.audit.batches()
            for index, entry in enumerate(batch.entries, batch.first)
        }

    @property
    def found(self) -> Found:
        return [(f.code, f.file, f.entry) for f in self.findings.shown]


def anchors_of(entries: list[bytes], *sizes: int) -> list[Anchor]:
    leaves = [reference_tree.leaf(entry) for entry in entries]
    return [Anchor(size, 0, 0, reference_tree.root(leaves[:size])) for size in sizes]


def at(path: str, change: Callable[[bytes], bytes]) -> Break:
    """Change what a file holds."""

    def breaking(log: PublishedLog) -> None:
        file = log.folder / path
        file.write_bytes(change(file.read_bytes()))

    return breaking


def bit(path: str, place: int = -1) -> Break:
    return lambda log: flip(log.folder / path, place)


def without(*paths: str) -> Break:
    def breaking(log: PublishedLog) -> None:
        for path in paths:
            (log.folder / path).unlink()

    return breaking


def rewritten(index: int, *, below: int = 9, signed: bool = False) -> Break:
    """Another entry, and all tiles below that level made to fit; perhaps the checkpoint too."""

    def breaking(log: PublishedLog) -> None:
        kept = {path: (log.folder / path).read_bytes() for path in (*log.files, "checkpoint")}
        log.entries[index] = b"another entry"
        log.publish()
        for path, data in kept.items():
            level = path.split("/")[1] if "/" in path else "checkpoint"
            if (level.isdigit() and int(level) >= below) or (level == "checkpoint" and not signed):
                (log.folder / path).write_bytes(data)

    return breaking


def both(*steps: Break) -> Break:
    def breaking(log: PublishedLog) -> None:
        for step in steps:
            step(log)

    return breaking
