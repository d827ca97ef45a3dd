"""The report of a verification: eight checks, one verdict, and what it does not prove."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from verifier import sentences


class Result(Enum):
    """What a check came to. ``UNKNOWN`` is never a reason to call a record false."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    UNKNOWN = "unknown"


class Verdict(Enum):
    """The five verdicts, in the order in which the first that applies is given."""

    NOT_GENUINE = "not_genuine"
    NOT_AUTHORISED = "not_authorised"
    NOT_IN_FORCE = "not_in_force"
    UNVERIFIABLE = "unverifiable"
    VALID = "valid"


EXIT_CODES = {
    Verdict.VALID: 0,
    Verdict.NOT_GENUINE: 1,
    Verdict.NOT_IN_FORCE: 3,
    Verdict.UNVERIFIABLE: 4,
    Verdict.NOT_AUTHORISED: 5,
}

CHECK_NAMES = (
    "format",
    "content",
    "signature",
    "key",
    "accreditation",
    "inclusion",
    "anchor",
    "in_force",
)
# The key was never the issuer's: a stranger signed, so the record is not the issuer's at all.
_STRANGER = frozenset({"issuer_unknown", "key_unknown"})


@dataclass(frozen=True, slots=True)
class Check:
    """One check's outcome: ``code`` is stable, ``place`` and ``detail`` say where and what.

    ``values`` fill the sentences' placeholders.
    """

    result: Result
    code: str
    place: str = ""
    detail: str = ""
    values: Mapping[str, str] = field(default_factory=dict)

    def sentence(self, language: str) -> str:
        """One sentence for a lay person, in ``vi`` or ``en``."""
        return sentences.render(self.code, self.result.value, language, self.values)


@dataclass(frozen=True, slots=True)
class Report:
    """What a verification found. ``facts`` is plain JSON: issuer, times, block, fields, notes."""

    verdict: Verdict
    checks: tuple[Check, ...]
    outcome: str | None
    facts: Mapping[str, Any]
    notes: tuple[Check, ...]

    @property
    def exit_code(self) -> int:
        """The exit code of ``tem verify`` for this verdict."""
        return EXIT_CODES[self.verdict]

    @property
    def deciding(self) -> Check:
        """The check that decided the verdict (the last one when all pass)."""
        return self.checks[_deciding(self.checks)]

    def headline(self, language: str) -> str:
        """Verdict and outcome in one sentence; a failed verification never looks good."""
        code = self.verdict.value
        if self.verdict is Verdict.VALID:
            code = f"valid_{self.outcome}"
        elif self.verdict is Verdict.NOT_IN_FORCE:
            code = f"not_in_force_{self.deciding.code}"
        return sentences.render(code, "headline", language, self.deciding.values)

    def to_json(self) -> dict[str, Any]:
        """The report as plain JSON values, sentences in both languages."""
        return {
            "verdict": self.verdict.value,
            "exit_code": self.exit_code,
            "outcome": self.outcome,
            "headline": _both(self.headline),
            "checks": [
                {"number": number, "name": name, **_check_json(check)}
                for number, (name, check) in enumerate(
                    zip(CHECK_NAMES, self.checks, strict=True), start=1
                )
            ],
            **self.facts,
            "notes": [{"code": note.code, "sentence": _both(note.sentence)} for note in self.notes],
        }


def judge(checks: tuple[Check, ...]) -> Verdict:
    """The verdict of eight checks: the first that applies (formats, Eight checks, one verdict)."""
    failed = {i + 1 for i, check in enumerate(checks) if check.result is Result.FAIL}
    if _forged(checks):
        return Verdict.NOT_GENUINE
    if failed & {4, 5}:
        return Verdict.NOT_AUTHORISED
    if 8 in failed and all(check.result is Result.PASS for check in checks[:4]):
        return Verdict.NOT_IN_FORCE
    if all(check.result is Result.PASS for check in checks):
        return Verdict.VALID
    return Verdict.UNVERIFIABLE


def _forged(checks: tuple[Check, ...]) -> list[int]:
    """Indices of the failed checks for which the record is not the issuer's at all."""
    return [
        i
        for i, check in enumerate(checks)
        if check.result is Result.FAIL
        and (i in {0, 1, 2, 5, 6} or (i == 3 and check.code in _STRANGER))
    ]


def _deciding(checks: tuple[Check, ...]) -> int:
    """Index of the check that the verdict rests on."""
    verdict = judge(checks)
    if verdict is Verdict.VALID or verdict is Verdict.NOT_IN_FORCE:
        return 7
    if verdict is Verdict.UNVERIFIABLE:
        return next(i for i, check in enumerate(checks) if check.result is Result.UNKNOWN)
    if verdict is Verdict.NOT_GENUINE:
        return _forged(checks)[0]
    return next(i for i in (3, 4) if checks[i].result is Result.FAIL)


def _check_json(check: Check) -> dict[str, Any]:
    return {
        "result": check.result.value,
        "code": check.code,
        "place": check.place,
        "detail": check.detail,
        "sentence": _both(check.sentence),
    }


def _both(render: Any) -> dict[str, str]:
    return {language: render(language) for language in sentences.LANGUAGES}
