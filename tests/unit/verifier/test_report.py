"""The verdict of every combination of results, by the page's own table."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

from tests.chain import state
from tests.world import NOW, proof_of
from verifier import Report, Result, Verdict, verify
from verifier.report import CHECK_NAMES, EXIT_CODES, Check, judge

PASS, FAIL, UNKNOWN = Result.PASS, Result.FAIL, Result.UNKNOWN
NEVER_THEIRS = ("issuer_unknown", "key_unknown")


def page(results: tuple[Result, ...], never_theirs: bool) -> Verdict:
    """The table of formats.md, line by line; the first that applies."""
    one, two, three, four, five, six, seven, eight = results
    if FAIL in (one, two, three, six, seven) or (four is FAIL and never_theirs):
        return Verdict.NOT_GENUINE
    if FAIL in (four, five):
        return Verdict.NOT_AUTHORISED
    if (one, two, three, four) == (PASS,) * 4 and eight is FAIL:
        return Verdict.NOT_IN_FORCE
    if UNKNOWN in results:
        return Verdict.UNVERIFIABLE
    return Verdict.VALID


def combinations() -> Iterator[tuple[tuple[Result, ...], str]]:
    """All results of eight checks, and the code of check 4."""
    for results in product(Result, repeat=8):
        for code in ("other", *NEVER_THEIRS):
            yield results, code


def checks_of(results: tuple[Result, ...], fourth: str) -> tuple[Check, ...]:
    made = [Check(result, f"code_{number}") for number, result in enumerate(results, start=1)]
    made[3] = replace(made[3], code=fourth)
    return tuple(made)


def test_every_combination_gets_the_verdict_of_the_page() -> None:
    ran = 0
    for results, code in combinations():
        assert judge(checks_of(results, code)) is page(results, code in NEVER_THEIRS)
        ran += 1
    assert ran == 3**8 * 3


def test_the_deciding_check_is_one_for_which_the_verdict_was_given() -> None:
    for results, code in combinations():
        checks = checks_of(results, code)
        report = Report(judge(checks), checks, "pass", {}, ())
        position = checks.index(report.deciding) + 1
        # Whatever the other checks say, this one alone gives the same verdict.
        alone = [PASS] * 8
        alone[position - 1] = report.deciding.result
        verdict = judge(checks_of(tuple(alone), checks[3].code))
        assert verdict is report.verdict, (results, code)
        # And none before it does.
        for earlier in range(position - 1):
            alone = [PASS] * 8
            alone[earlier] = results[earlier]
            before = judge(checks_of(tuple(alone), checks[3].code))
            assert before is not report.verdict or report.verdict is Verdict.VALID


def test_a_stranger_is_named_by_check_4_only() -> None:
    # Check 5 says issuer_unknown as well; alone it would not make a record a forgery.
    checks = list(checks_of((PASS,) * 8, "other"))
    checks[4] = Check(FAIL, "issuer_unknown")
    assert judge(tuple(checks)) is Verdict.NOT_AUTHORISED


def test_exit_codes_are_those_of_the_page() -> None:
    assert {verdict.value: code for verdict, code in EXIT_CODES.items()} == {
        "valid": 0,
        "not_genuine": 1,
        "not_in_force": 3,
        "unverifiable": 4,
        "not_authorised": 5,
    }


def test_the_report_as_json_says_everything() -> None:
    report = verify(proof_of().encode(), state(), NOW)
    made = json.loads(json.dumps(report.to_json()))
    assert made["verdict"] == "valid"
    assert made["exit_code"] == 0
    assert made["outcome"] == "pass"
    assert made["headline"]["en"] == "Valid: the record is genuine, in force, and says passed."
    assert [check["name"] for check in made["checks"]] == list(CHECK_NAMES)
    assert [check["number"] for check in made["checks"]] == list(range(1, 9))
    assert made["issuer"]["name"] == "QUATEST 3"
    assert made["issuer"]["accredited_by"] == "Bureau of Accreditation"
    assert made["issuer"]["accredited_scope"] == "verification/scales"
    assert made["time"]["proven"] - made["time"]["signed"] == made["time"]["after_signed"] == 10
    assert made["chain"]["age"] == 10
    assert made["chain"]["stale"] is False
    assert made["record"]["disclosed"]["holder"] == "Sạp 214"
    assert made["record"]["withheld"] == 0
    assert "_sd" not in made["record"]["public"]
    assert {note["code"] for note in made["notes"]} >= {"object_not_seen"}


def test_a_file_given_as_text_is_judged_as_its_bytes() -> None:
    text = proof_of().encode().decode()
    assert verify(text, state(), NOW) == verify(text.encode(), state(), NOW)
    assert verify(text[:-1] + "\ud800", state(), NOW).deciding.code == "json_not_utf8"
