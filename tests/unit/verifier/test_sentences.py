"""Every sentence that lay persons read comes out somewhere, complete, in both languages."""

from __future__ import annotations

import ast
import json
import string
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import verifier
from tests.cases.running import report_of
from tests.unit.verifier.test_imports import core_modules, path_of
from tests.unit.verifier.test_vectors import RUNNERS, WHOLE, read
from verifier import Report, Verdict, checks, sentences
from verifier.sentences import LANGUAGES, render

CORE = Path(verifier.__file__).parent
TEXTS: dict[str, dict[str, dict[str, str]]] = json.loads(
    (CORE / "sentences.json").read_text("utf-8")
)
ALL = [(group, code) for group, texts in TEXTS.items() for code in texts]


@cache
def reports() -> list[Report]:
    """The reports on every whole verification of the vectors."""
    return [report_of(case) for name in WHOLE for case in read(name)["cases"]]


def headline_code(report: Report) -> str:
    """The headline that the page gives to a verdict."""
    if report.verdict is Verdict.VALID:
        return f"valid_{report.outcome}"
    if report.verdict is Verdict.NOT_IN_FORCE:
        return f"not_in_force_{report.deciding.code}"
    return str(report.verdict.value)


def said() -> Iterator[tuple[str, str]]:
    for report in reports():
        yield "headline", headline_code(report)
        for check in (*report.checks, *report.notes):
            yield check.result.value, check.code
            if "reason" in check.values:
                yield "reason", check.values["reason"]


def test_every_sentence_comes_out_in_at_least_one_vector() -> None:
    named = {(group, code) for group, code in ALL if code}
    assert named - set(said()) == set()


def test_every_passing_check_and_note_and_headline_has_its_own_sentence() -> None:
    # Only failures and unknowns have a general one, which names the code.
    assert {group for group, code in ALL if not code} == {"fail", "unknown"}
    general = {(group, code) for group, code in said() if group not in ("fail", "unknown")}
    assert general <= set(ALL)


@pytest.mark.parametrize("group", TEXTS)
def test_every_sentence_stands_in_both_languages_with_the_same_placeholders(group: str) -> None:
    for code, texts in TEXTS[group].items():
        assert set(texts) == set(LANGUAGES), code
        assert all(text.strip() == text and text for text in texts.values()), code
        assert placeholders(texts["vi"]) == placeholders(texts["en"]), code


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_every_report_of_the_vectors_reads_without_a_gap() -> None:
    count = 0
    for report in reports():
        for language in LANGUAGES:
            texts = [report.headline(language)]
            texts += [check.sentence(language) for check in (*report.checks, *report.notes)]
            assert not any("{" in text or "()" in text or "  " in text for text in texts), texts
            count += len(texts)
        assert report.to_json()["headline"] == {
            language: report.headline(language) for language in LANGUAGES
        }
    assert count > 9 * 2 * 200


def test_a_code_without_a_sentence_gets_the_general_one_which_names_it() -> None:
    assert "(r_and_s)" in render("r_and_s", "fail", "en", {})
    assert "(r_and_s)" in render("r_and_s", "unknown", "vi", {})


def test_a_reason_is_said_in_words() -> None:
    values = {"since": "S", "by": "B", "reason": "fraud"}
    assert render("withdrawn", "fail", "en", values) == "Withdrawn since S by B: fraud."
    assert "gian lận" in render("withdrawn", "fail", "vi", values)


# ------------------------------------------------------------------ codes, read from the source

RAISED = {"FormatError", "ContentError", "ProofError", "UnsupportedError"}
GIVEN = {"passed": "pass", "failed": "fail", "unknown": "unknown", "_missing": "fail"}


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    for item in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(item, ast.Call) and isinstance(item.func, ast.Name):
            yield item.func.id, item


def literals(item: ast.expr) -> set[str]:
    """The text constants that an argument may be."""
    if isinstance(item, ast.Constant) and isinstance(item.value, str):
        return {item.value}
    if isinstance(item, ast.IfExp):
        return literals(item.body) | literals(item.orelse)
    return set()


def test_every_code_that_checks_give_has_a_sentence_whose_placeholders_are_supplied() -> None:
    source = Path(checks.__file__)
    seen = set()
    for name, call in calls(source):
        if name not in GIVEN:
            continue
        position = 1 if name == "_missing" else 0
        supplied = {word.arg for word in call.keywords} | {"code", "reason"}
        for code in literals(call.args[position]):
            texts: Any = TEXTS[GIVEN[name]].get(code)
            assert texts is not None, f"{code} has no sentence of its own"
            assert placeholders(texts["en"]) <= supplied, code
            seen.add(code)
    assert len(seen) > 30


def test_every_code_that_the_core_raises_is_some_vectors_reason() -> None:
    # What reads whole logs refuses files: a folder of them is no vector, and has its own tests.
    paths = [
        path_of(module)
        for module in core_modules()
        if not module.startswith(("verifier.audit", "verifier.static_log"))
    ]
    raised = {
        code
        for path in paths
        for name, call in calls(path)
        if name in RAISED and call.args
        for code in literals(call.args[0])
    }
    refused = {code for path in paths for code in _refusals(path)}
    vectors = {case["error_code"] for name in (*RUNNERS, *WHOLE) for case in read(name)["cases"]}
    assert (raised | refused) - vectors == {"entry_too_large"}  # no reader meets it
    assert len(raised | refused) > 80


def _refusals(path: Path) -> set[str]:
    """Codes given to the small helper of the JSON rules."""
    return {
        code
        for name, call in calls(path)
        if name == "_refuse" and path.stem == "encoding"
        for code in literals(call.args[0])
    }


def test_languages_are_those_of_the_file() -> None:
    assert sentences.LANGUAGES == ("vi", "en")
