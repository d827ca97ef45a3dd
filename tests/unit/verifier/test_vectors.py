"""Every case of tests/vectors, judged by the code."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts import vectors
from tests.cases.running import report_of, said
from tests.chain import state
from tests.world import NOW
from verifier import (
    checkpoint,
    claims,
    disclosure,
    encoding,
    merkle,
    note,
    proof,
    shortcode,
    tiles,
    verify,
)
from verifier import names as grammar
from verifier import statement as cose
from verifier.errors import TemError
from verifier.types import KNOWN

FOLDER = Path(vectors.FOLDER)
Case = dict[str, Any]


def data_of(case: Case) -> bytes:
    """The bytes of a case: text, hex, or runs of repeated text."""
    if "text" in case:
        return str(case["text"]).encode()
    if "hex" in case:
        return bytes.fromhex(case["hex"])
    return "".join(text * count for text, count in case["runs"]).encode()


def json_encode(case: Case) -> None:
    value = struct.unpack(">d", bytes.fromhex(case["ieee"]))[0] if "ieee" in case else None
    made = encoding.canonical_json(json.loads(case["json"]) if "json" in case else value)
    assert made.decode() == case["canonical"]


def json_canonical(case: Case) -> None:
    data = data_of(case)
    assert encoding.canonical_json(encoding.parse_canonical_json(data, "x")) == data


def json_free(case: Case) -> None:
    data = data_of(case)
    assert encoding.parse_json(data, "x") == json.loads(data)


def base64(case: Case) -> None:
    url = case["alphabet"] == "url"
    decode = encoding.base64url_decode if url else encoding.base64_decode
    encode = encoding.base64url_encode if url else encoding.base64_encode
    assert decode(case["input"], "x").hex() == case["bytes"]
    assert encode(bytes.fromhex(case["bytes"])) == case["input"]


def plain(value: Any) -> Any:
    """A CBOR value as the vectors write it."""
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, dict):
        return {"map": [[plain(key), plain(item)] for key, item in value.items()]}
    return [plain(item) for item in value] if isinstance(value, list) else value


def cbor(case: Case) -> None:
    value = encoding.cbor_decode(bytes.fromhex(case["hex"]), "x")
    assert plain(value) == case["value"]
    assert encoding.cbor_encode(value).hex() == case["hex"]


def short_codes(case: Case) -> None:
    raw = shortcode.decode(case["typed"])
    assert raw.hex() == case["bytes"]
    assert shortcode.encode(raw) == case["code"]
    assert shortcode.check_symbol(case["code"]) == case["check"]
    assert shortcode.decode(case["code"] + case["check"]) == raw


def names(case: Case) -> None:
    kind, text = case["kind"], case["input"]
    if kind == "date":
        day = grammar.parse_date(text, "x")
        bounds = grammar.day_start(day), grammar.day_end(day)
        assert bounds == (case["starts"], case["ends"])
    elif kind == "vct":
        assert ":".join(map(str, ("urn:tem", *grammar.parse_vct(text, "x")))) == text
    elif kind == "log":
        assert grammar.log_id(grammar.org_id(case["did"]), text).hex() == case["id"]
    else:
        assert grammar.require_name(kind, text, "x") == text
        if kind == "did":
            assert grammar.org_id(text).hex() == case["id"]


def disclosures(case: Case) -> None:
    found = disclosure.decode(case["disclosure"], "x")
    assert [*found] == [case["field"], case["value"], case["digest"]]
    salt = bytes.fromhex(case["salt"])
    assert disclosure.encode(salt, found.name, found.value) == case["disclosure"]


def claims_(case: Case) -> None:
    members = claims.parse(case["claims"].encode())
    checked = claims.check(members)
    kind = KNOWN.get(members["vct"])
    if kind:
        claims.check_type(checked, kind)
    shown = [disclosure.decode(item, "x") for item in case["disclosures"]]
    claims.check_disclosures(checked, shown, kind)
    assert (kind is not None) is case["known"]


def statements(case: Case) -> None:
    point = bytes.fromhex(case["x"]), bytes.fromhex(case["y"])
    if "statement" not in case:
        assert cose.key_thumbprint(*point)[:8].hex() == case["kid"]
        return
    found = cose.parse(bytes.fromhex(case["statement"]))
    cose.verify_signature(found, *point)
    header = found.header
    assert header.kid.hex() == case["kid"] == cose.key_thumbprint(*point)[:8].hex()
    assert found.payload.hex() == case["payload"]
    for name in ("iss", "sub", "iat", "exp", "vct"):
        assert getattr(header, name) == case[name]


def unhex(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def merkle_inclusion(case: Case) -> None:
    path = [unhex(item) for item in case["path"]]
    index, size = int(case["index"]), int(case["size"])
    merkle.verify_inclusion(unhex(case["leaf"]), index, size, path, unhex(case["root"]))


def merkle_consistency(case: Case) -> None:
    path = [unhex(item) for item in case["proof"]]
    old, new = int(case["size1"]), int(case["size2"])
    merkle.verify_consistency(old, unhex(case["root1"]), new, unhex(case["root2"]), path)


def notes(case: Case) -> None:
    found = note.parse(case["note"])
    note.verify(found, note.parse_key(case["key"]))
    assert len(found.signatures) == case["signatures"]


def note_keys(case: Case) -> None:
    key = note.parse_key(case["key"])
    assert str(key) == case["key"]
    assert (key.name, key.key_hash.hex()) == (case["name_of_key"], case["hash"])
    assert key.public.hex() == case["public"]


def checkpoints(case: Case) -> None:
    found = checkpoint.verify(case["checkpoint"], bytes.fromhex(case["key"]))
    assert (found.origin, str(found.size)) == (case["origin"], case["size"])
    assert found.root.hex() == case["root"]


def bundles(case: Case) -> None:
    data = bytes.fromhex(case["bundle"])
    entries = tiles.parse_bundle(data, case["count"])
    assert [entry.hex() for entry in entries] == case["entries"]
    assert tiles.encode_bundle(entries) == data


def tile_edges(case: Case) -> None:
    edge = tiles.edge(case["size"])
    names = [tiles.tile_path(tile.level, tile.index, tile.width) for tile in edge]
    assert names == case["files"]
    if edge[-1].level == 0:
        bundle = tiles.entries_path(edge[-1].index, edge[-1].width)
        assert bundle == names[-1].replace("tile/0/", "tile/entries/")


def proof_files(case: Case) -> None:
    data = case["file"].encode() if "file" in case else data_of(case)
    file = proof.parse(data)
    assert proof.parse(file.encode()) == file
    assert json.loads(file.encode()) == json.loads(data)


RUNNERS: dict[str, Callable[[Case], None]] = {
    runner.__name__.rstrip("_"): runner
    for runner in (
        json_encode, json_canonical, json_free, base64, cbor, short_codes, names, disclosures,
        claims_, statements, merkle_inclusion, merkle_consistency, notes, note_keys, checkpoints,
        bundles, tile_edges, proof_files,
    )
}  # fmt: skip
# What a case of a whole verification says of its report.
SAID = ("verdict", "exit_code", "outcome", "checks", "values", "notes", "valid", "error_code")
WHOLE = [name for name, _, _ in vectors.FORMATS if name.startswith("verification_")]


def read(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))


def differences(runner: Callable[[Case], None], cases: list[Case]) -> Iterator[str]:
    """One item for each case that ran: empty if it came out as it says."""
    for case in cases:
        code = None
        try:
            runner(case)
        except TemError as error:
            code = error.code
        wanted = case["error_code"]
        good = code == wanted and case["valid"] is (wanted is None)
        yield "" if good else f"{case['name']}: expected {wanted}, got {code}"


@pytest.mark.parametrize("name", RUNNERS)
def test_every_case_of_a_format_comes_out_as_it_says(name: str) -> None:
    vector = read(name)
    results = list(differences(RUNNERS[name], vector["cases"]))
    assert [found for found in results if found] == []
    assert len(results) == vector["count"] > 0


@pytest.mark.parametrize("name", WHOLE)
def test_every_verification_comes_out_as_it_says(name: str) -> None:
    vector = read(name)
    found = {case["name"]: said(report_of(case), case) for case in vector["cases"]}
    expected = {case["name"]: {key: case[key] for key in SAID} for case in vector["cases"]}
    assert found == expected
    assert len(found) == vector["count"] > 0


def test_a_bad_proof_file_gets_a_report_with_the_same_code() -> None:
    refused = [case for case in read("proof_files")["cases"] if not case["valid"]]
    for case in refused:
        data = case["file"].encode() if "file" in case else data_of(case)
        report = verify(data, state(), NOW)
        assert report.deciding.code == case["error_code"], case["name"]
        unknown = case["error_code"] == "version_unknown"
        assert report.verdict.value == ("unverifiable" if unknown else "not_genuine")
    assert len(refused) > 60


def test_every_file_is_read_and_every_format_has_a_runner() -> None:
    found = {path.stem for path in FOLDER.glob("*.json")}
    assert found == {*RUNNERS, *WHOLE} == {name for name, _, _ in vectors.FORMATS}


def test_the_generator_makes_the_same_bytes() -> None:
    assert {n: (FOLDER / n).read_bytes() == data for n, data in vectors.files().items()} == {
        path.name: True for path in FOLDER.glob("*.json")
    }


def test_there_are_more_than_300_cases_that_must_fail_and_more_than_may_pass() -> None:
    cases = [case for name in (*RUNNERS, *WHOLE) for case in read(name)["cases"]]
    invalid = [case for case in cases if not case["valid"]]
    assert len(invalid) >= 300
    assert len(invalid) > len(cases) - len(invalid)
    assert all(case["why"] for case in cases)
    assert all(case["error_code"] for case in invalid)
