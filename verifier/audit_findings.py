"""What an audit finds: each with a stable code, and the file and entry it is about."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from verifier.errors import TemError

CHAIN = "chain"
"""Stands for the contracts where a finding is about no file."""

MAX_SHOWN = 20
"""How many findings of one code are kept; the others are counted."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, or with ``unknown`` one that could not be judged.

    ``file`` is a path below the log's folder, ``entry`` an index in the log.
    """

    code: str
    file: str
    message: str
    entry: int | None = None
    unknown: bool = False

    @classmethod
    def of_file(cls, error: TemError, *, unknown: bool = False) -> Finding:
        """What an error says whose place is a file, or an entry in it: ``file[entry]``."""
        file, _, entry = error.place.partition("[")
        return cls(error.code, file, error.message, int(entry[:-1]) if entry else None, unknown)

    def to_json(self) -> dict[str, Any]:
        """The finding as an object of JSON."""
        return {
            "code": self.code,
            "file": self.file,
            "entry": self.entry,
            "unknown": self.unknown,
            "message": self.message,
        }


@dataclass(slots=True)
class Findings:
    """All findings of an audit, however many: a few of each code, and how many there are."""

    shown: list[Finding] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    wrong: bool = False
    unknown: bool = False

    def add(self, finding: Finding) -> None:
        """Take up a finding, or count it if there are enough of its code."""
        self.counts[finding.code] += 1
        if self.counts[finding.code] <= MAX_SHOWN:
            self.shown.append(finding)
        if finding.unknown:
            self.unknown = True
        else:
            self.wrong = True

    def hidden(self) -> dict[str, int]:
        """How many findings of each code were counted only."""
        return {code: count - MAX_SHOWN for code, count in self.counts.items() if count > MAX_SHOWN}
