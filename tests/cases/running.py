"""A case of a whole verification run through the verifier: what comes out, in the case's words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from tests.cases import Case
from tests.world import LOG_KEY
from verifier import Report, note, trust, verify
from verifier.chain_view import Block, ChainView
from verifier.encoding import canonical_json
from verifier.errors import ChainUnavailable
from verifier.note import NoteKey
from verifier.trust import Trust
from verifier.view import snapshot

_SIGNER = NoteKey("vectors.example", LOG_KEY.public_key().public_bytes_raw())


@dataclass(frozen=True)
class NoChain:
    """A chain that cannot be read."""

    trust: Trust
    code: str

    def block(self) -> Block:
        raise ChainUnavailable(self.code, "Nobody answers.", "rpc")


def view_of(case: Case) -> ChainView:
    """The chain as the case describes it, read as any snapshot is."""
    judge = trust.parse(canonical_json(case["trust"]))
    if case["unavailable"]:
        return cast(ChainView, NoChain(judge, case["unavailable"]))
    text = f"{snapshot.FORMAT}\n{canonical_json(case['view']).decode()}\n"
    return snapshot.read(note.sign(text, _SIGNER.name, LOG_KEY).encode(), _SIGNER, judge)


def report_of(case: Case) -> Report:
    """The report on the case's file."""
    file = case["file"]
    data = file["text"].encode() if "text" in file else bytes.fromhex(file["hex"])
    return verify(data, view_of(case), case["now"])


def said(report: Report, case: Case) -> dict[str, Any]:
    """What a report says, as cases write it; of values, those that the case names."""
    passed = report.verdict.value == "valid"
    return {
        "verdict": report.verdict.value,
        "exit_code": report.exit_code,
        "outcome": report.outcome,
        "checks": [[check.result.value, check.code] for check in report.checks],
        "values": {name: report.deciding.values.get(name) for name in case["values"]},
        "notes": sorted(item.code for item in report.notes),
        "valid": passed,
        "error_code": None if passed else report.deciding.code,
    }
