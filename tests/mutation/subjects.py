"""The good files that are changed, each with the chain by which it is judged."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from tests.cases.judging import NEVER_ANCHORED
from tests.chain import anchored_at, state
from tests.world import (
    CORE,
    FIELDS,
    NOW,
    RECORD,
    STRANGER,
    issue,
    leaves_with,
    proof_of,
)
from verifier import Report, Result, Verdict, verify
from verifier.chain_view import ChainView


@dataclass(frozen=True)
class Subject:
    """A good file, other good ones to take parts from, and a chain. ``anchored``: its verdict is
    valid; otherwise it waits for the chain, and its checkpoint vouches for it."""

    data: bytes
    donors: Sequence[bytes]
    view: ChainView
    anchored: bool

    def file(self) -> Any:
        """The file as JSON, to be changed."""
        return json.loads(self.data)

    def report(self, data: bytes) -> Report:
        return verify(data, self.view, NOW)

    def accepts(self, report: Report) -> bool:
        """Whether a report is as good as that of the unchanged file."""
        if self.anchored:
            return report.verdict is Verdict.VALID
        return all(check.result is Result.PASS for check in report.checks[:6])

    @cached_property
    def _good(self) -> Sequence[tuple[Any, frozenset[str]]]:
        return [(self.judged(data), _shown(data)) for data in (self.data, *self.donors)]

    def is_good(self, data: bytes) -> bool:
        """Whether ``data`` says what a good file says: all that is judged is equal, no disclosure
        is new. Read with the standard library alone."""
        content, shown = self.judged(data), _shown(data)
        return any(content == good and shown <= theirs for good, theirs in self._good)

    def judged(self, data: bytes) -> Any:
        """What a verdict rests on: for people alone are ``chain`` and, once anchored, the
        checkpoint; of a note, its text is signed."""
        file = json.loads(data)
        log = file["log"]
        vouched = None if self.anchored else file["checkpoint"].rpartition("\n\n")[0]
        place = (log["origin"], log["index"], log["size"], tuple(log["path"]))
        return file["tem"], file["claims"], file["statement"], place, vouched


def _shown(data: bytes) -> frozenset[str]:
    return frozenset(json.loads(data)["disclosures"])


def subjects() -> Sequence[Subject]:
    """An anchored file, one that waits, and one of a failed verification."""
    other = issue({**CORE, "sub": "V26.00002"}, {**FIELDS, "serial": "7777777"})
    failed = issue({**CORE, "outcome": "fail", "sub": "V26.00003"})
    stranger = issue(signer=STRANGER)
    donors = [
        proof_of(other).encode(),
        proof_of(failed).encode(),
        proof_of(stranger).encode(),
        proof_of(RECORD, leaves_with(RECORD, 7)).encode(),
        replace(proof_of(RECORD, leaves_with(RECORD, 4)), index=3).encode(),
    ]
    waiting = state(RECORD, anchored_at(*NEVER_ANCHORED))
    return (
        Subject(proof_of().encode(), donors, state(), anchored=True),
        Subject(proof_of().encode(), donors, waiting, anchored=False),
        Subject(proof_of(failed).encode(), donors, state(failed), anchored=True),
    )
