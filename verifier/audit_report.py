"""What an audit of one log has come to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from verifier.audit_chain import Outlook
from verifier.audit_findings import Findings
from verifier.checkpoint import Checkpoint

PARTS = ("tree", "entries", "signatures", "checkpoint", "anchors")


@dataclass(slots=True)
class Audit:
    """What an audit has come to, of the log at ``place``; what is not known is None.

    ``unchecked`` says why for each of PARTS that was not checked, or not to its end.
    """

    place: str
    findings: Findings = field(default_factory=Findings)
    unchecked: dict[str, str] = field(
        default_factory=lambda: dict.fromkeys(PARTS, "the audit ended before")
    )
    log: bytes | None = None
    did: str | None = None
    checkpoint: Checkpoint | None = None
    outlook: Outlook | None = None

    @property
    def result(self) -> str:
        """``wrong``, ``unknown`` (nothing wrong, but not all could be judged) or ``clean``."""
        if self.findings.wrong:
            return "wrong"
        return "unknown" if self.findings.unknown else "clean"

    def to_json(self) -> dict[str, Any]:
        """The audit as an object of JSON; hashes as hex."""
        signed, outlook = self.checkpoint, self.outlook
        return {
            "place": self.place,
            "result": self.result,
            "log": self.log.hex() if self.log else None,
            "did": self.did,
            "origin": signed.origin if signed else None,
            "size": signed.size if signed else None,
            "root": signed.root.hex() if signed else None,
            "block": outlook.block.number if outlook else None,
            "anchors": len(outlook.log.anchors) if outlook and outlook.log else None,
            "unchecked": self.unchecked,
            "findings": [finding.to_json() for finding in self.findings.shown],
            "counts": dict(self.findings.counts),
        }
