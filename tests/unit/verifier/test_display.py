"""A report at the terminal: what is bad never looks good, and nothing is missing when little is
known."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from verifier import display
from verifier.report import CHECK_NAMES, Check, Report, Result, judge

NOTHING = {"record": None, "issuer": None, "time": None, "chain": None}
SAID = {"at": "2026-11-20", "by": "Bureau", "since": "2026-11-19"}
PASSED = tuple(Check(Result.PASS, f"{name}_ok", values=SAID) for name in CHECK_NAMES)


def report(outcome: str | None = "pass", **failed: Check) -> Report:
    """A report in which all checks pass but the ``failed`` ones."""
    checks = tuple(failed.get(name, check) for name, check in zip(CHECK_NAMES, PASSED, strict=True))
    return Report(judge(checks), checks, outcome, NOTHING, ())


def headline(shown: Report, language: str = "en") -> str:
    """The first line with its colours."""
    output = StringIO()
    console = Console(file=output, width=100, force_terminal=True, color_system="standard")
    display.show(shown, language, console)
    return output.getvalue().splitlines()[0]


def test_only_a_pass_that_is_valid_looks_good() -> None:
    green = "\x1b[1;32m"
    assert headline(report()).startswith(green)
    for bad in (
        report("fail"),
        report(signature=Check(Result.FAIL, "signature_invalid")),
        report(accreditation=Check(Result.FAIL, "accreditation_none", values=SAID)),
        report(in_force=Check(Result.FAIL, "expired", values=SAID)),
        report(anchor=Check(Result.UNKNOWN, "not_yet_anchored")),
    ):
        assert not headline(bad).startswith(green)
        assert bad.verdict.value in headline(bad)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_file_of_which_nothing_is_known(language: str) -> None:
    output = StringIO()
    broken = report(None, format=Check(Result.FAIL, "json_syntax", "file", "Expecting value."))
    display.show(broken, language, Console(file=output, width=100), page=True)
    shown = output.getvalue()
    assert "json_syntax · file" in shown
    assert display.word("page_not_compared", language)[:20] in shown


def test_text_of_a_record_is_not_markup() -> None:
    record = {
        "code": "0" * 26,
        "public": {"sub": "V1", "issued": "2026-11-20", "vct": "urn:tem:cert:verification:1",
                   "serial": "[bold]x[/bold] [link=http://evil.example]y[/link]"},
        "disclosed": {"standards": ["[red]a", "b"]},
    }  # fmt: skip
    facts = {**NOTHING, "record": record}
    shown = Report(judge(PASSED), PASSED, "pass", facts, ())
    output = StringIO()
    display.show(shown, "en", Console(file=output, width=120))
    assert "[bold]x[/bold] [link=http://evil.example]y[/link]" in output.getvalue()
    assert "[red]a, b" in output.getvalue()


@pytest.mark.parametrize("trick", ["\x1b[2J", "\x9b2J", "\u202e", "\u2066", "\r", "\u200f"])
def test_text_of_a_record_cannot_command_the_terminal(trick: str) -> None:
    shown = display.plain(f"NHS-60{trick}VALID")
    assert shown.plain == f"NHS-60�{trick[1:]}VALID"
