"""Whatever a file holds, there is a report and never an error; an outage never makes a forgery."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from functools import cache
from hashlib import sha256
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.cases.claims_cases import b64u
from tests.cases.running import NoChain
from tests.chain import anchored_at, state
from tests.changes import at
from tests.world import (
    BLOCK,
    CORE,
    NOW,
    RECORD,
    TRUST,
    Issued,
    T,
    header_of,
    issue,
    issue_raw,
    leaves_with,
    proof_of,
    signed_raw,
)
from verifier import Report, Result, Verdict, verify
from verifier.names import day_end, parse_date
from verifier.report import EXIT_CODES
from verifier.statement import Header

DATA = proof_of().encode()
FILE: dict[str, Any] = json.loads(DATA)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
encoded = st.binary(max_size=60).map(b64u)


@cache
def chain() -> Any:
    return state()


def judged(data: bytes | str) -> Report:
    report = verify(data, chain(), NOW)
    assert len(report.checks) == 8
    assert report.deciding.code
    for check in report.checks:
        said = check.place + check.detail
        assert len(said) < 400
        assert said.isascii() or "…" in said
        assert said.isprintable()
    assert report.exit_code == EXIT_CODES[report.verdict]
    json.dumps(report.to_json(), ensure_ascii=False).encode()
    return report


@given(st.binary(max_size=300))
def test_any_bytes_get_a_report(data: bytes) -> None:
    assert judged(data).verdict is Verdict.NOT_GENUINE


@given(st.text(max_size=300) | st.text('\ud800\udfff{}[]",:', max_size=20))
def test_any_text_gets_a_report(text: str) -> None:
    assert judged(text).verdict is Verdict.NOT_GENUINE


@given(json_values)
def test_any_json_gets_a_report(value: Any) -> None:
    report = judged(json.dumps(value))
    assert report.verdict in (Verdict.NOT_GENUINE, Verdict.UNVERIFIABLE)


@given(st.sampled_from(sorted(FILE)), json_values | encoded)
def test_a_file_with_any_member_replaced_gets_a_report(name: str, value: Any) -> None:
    report = judged(json.dumps({**FILE, name: value}))
    if value != FILE[name] and name not in ("checkpoint", "chain", "disclosures"):
        assert report.verdict is not Verdict.VALID


@given(st.sampled_from(["claims", "statement"]), st.binary(max_size=400))
def test_a_file_with_any_bytes_inside_gets_a_report(name: str, data: bytes) -> None:
    assert judged(json.dumps({**FILE, name: b64u(data)})).verdict is Verdict.NOT_GENUINE


@given(st.lists(encoded | st.sampled_from(RECORD.disclosures), max_size=4))
def test_disclosures_are_those_of_the_record_each_once_or_the_file_is_refused(
    shown: list[str],
) -> None:
    report = judged(replace(proof_of(), disclosures=tuple(shown)).encode())
    good = set(shown) <= set(RECORD.disclosures) and len(set(shown)) == len(shown)
    assert (report.verdict is Verdict.VALID) is good


@given(st.integers(0, 12), st.integers(0, 12), st.booleans())
def test_a_proof_holds_for_its_own_index_and_size_alone(index: int, size: int, note: bool) -> None:
    file = replace(proof_of(), index=index, size=size)
    report = judged((file if note else replace(file, checkpoint=None)).encode())
    assert (report.verdict is Verdict.VALID) is ((index, size) == (3, 5))


@given(st.sampled_from(["chain_unreachable", "chain_contradiction", "chain_other"]), st.integers())
def test_an_outage_says_nothing_against_a_record(code: str, now: int) -> None:
    view: Any = NoChain(TRUST, code)
    report = verify(DATA, view, now)
    assert report.verdict is Verdict.UNVERIFIABLE
    assert [check.result for check in report.checks[:2]] == [Result.PASS] * 2
    assert {(check.result, check.code) for check in report.checks[2:]} == {(Result.UNKNOWN, code)}


@given(st.integers(BLOCK, BLOCK + 10**9))
def test_an_old_view_never_turns_a_good_record_into_a_bad_one(now: int) -> None:
    report = verify(DATA, chain(), now)
    stale = now - BLOCK > TRUST.max_age
    assert report.verdict is (Verdict.UNVERIFIABLE if stale else Verdict.VALID)


@given(st.integers(T - 5000, T + 20))
def test_an_earlier_view_never_turns_a_good_record_into_a_bad_one(time: int) -> None:
    # What the chain knew at that time: anchors of then, and no more.
    known = [(size, when) for size, when in anchored_at() if when <= time]
    report = verify(DATA, state(RECORD, known, at(time)), NOW)
    assert report.verdict in (Verdict.UNVERIFIABLE, Verdict.VALID)


@given(st.integers(T - 3 * 86_400, T + 3 * 86_400), st.dates().map(str))
def test_a_record_is_never_valid_with_a_date_far_after_its_anchor(iat: int, issued: str) -> None:
    record = issue({**CORE, "iat": iat, "issued": issued, "imported": True})
    report = verify(proof_of(record).encode(), state(record), NOW)
    ta, ends = T + 10, day_end(parse_date(issued, "x"))
    ahead = iat > ta + 300 or ends - 86_400 > ta + 300
    assert (report.checks[6].code == "dated_after_anchor") is ahead
    if report.verdict is Verdict.VALID:
        late = ta - min(iat, ends) > 72 * 3600
        assert ("registered_late" in {note.code for note in report.notes}) is late


@given(st.integers(5, 12), st.data())
def test_the_time_that_is_proven_is_that_of_the_first_size_above_the_index(
    size: int, data: st.DataObject
) -> None:
    sizes = sorted({size, *data.draw(st.lists(st.integers(1, 12), max_size=5))})
    anchored = [(count, T - 60 + count) for count in sizes]
    report = verify(
        proof_of(RECORD, leaves_with(RECORD, size)).encode(), state(RECORD, anchored), NOW
    )
    first = next(count for count in sizes if count > 3)
    assert report.facts["time"]["proven"] == T - 60 + first


@given(st.text(st.characters(max_codepoint=127), min_size=65, max_size=80), st.sampled_from([0, 1]))
def test_a_name_that_a_file_gives_cannot_speak_through_a_message(name: str, where: int) -> None:
    # A terminal would obey an escape sequence, and print "valid".
    name = "\x1b[2J" + name
    members = json.loads(RECORD.claims)
    if where:
        record = issue_raw({**members, name: "x"})
    else:
        header = header_of(members)
        protected = Header(**{**asdict(header), "facts": {name: b"x"}}).encode()
        statement = signed_raw(protected, sha256(RECORD.claims).digest())
        record = Issued(RECORD.claims, (), statement)
    check = judged(proof_of(record).encode()).deciding
    assert check.code == ("field_unknown" if where else "header_value")
    assert "x1b[2J" in check.place
