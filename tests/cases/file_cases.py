"""Proof files: what may stand in them, before their parts are opened."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

from tests.cases import Case, invalid, valid
from tests.world import proof_of, without

_FILE: dict[str, Any] = json.loads(proof_of().encode())
_HASH = b64encode(bytes(32)).decode()


def text_of(file: object) -> str:
    return json.dumps(file, ensure_ascii=False, separators=(",", ":"))


def changed(**members: Any) -> str:
    """The file with other top-level members."""
    return text_of({**_FILE, **members})


def log_changed(**members: Any) -> str:
    """The file with other members of ``log``."""
    return changed(log={**_FILE["log"], **members})


def cases() -> list[Case]:
    """``file`` as text, or as ``runs`` of repeated text where it is long."""
    groups = (_documents(), _members(), _texts(), _numbers(), _hints())
    return [
        *_good(),
        *(invalid(name, why, code, file=text) for group in groups
          for name, why, code, text in group),
        *_large(),
    ]  # fmt: skip


def _good() -> list[Case]:
    compact = text_of(_FILE)
    backwards = dict(reversed(list(_FILE.items())))
    escaped = compact.replace('"claims":"e', '"\\u0063laims":"\\u0065')
    big = {"index": 2**40 - 2, "size": 2**40 - 1, "path": [_HASH] * 63}
    good = (
        ("compact", "as written", compact),
        ("pretty", "white space is free", json.dumps(_FILE, indent=2, ensure_ascii=False) + "\r\n"),
        ("backwards", "the order of members is free", text_of(backwards)),
        ("escaped", "escapes are free", escaped),
        ("checkpoint null", "there may be none", changed(checkpoint=None)),
        ("disclosures empty", "there may be none", changed(disclosures=[])),
        ("128 disclosures", "the most that is allowed", changed(disclosures=["AA"] * 128)),
        ("largest tree", "sizes below 2^40, 63 hashes", log_changed(**big)),
        ("another chain", "a hint for people", changed(chain={"id": "eip155:1",
                                                              "anchor": "0x" + "Ab" * 20})),
    )  # fmt: skip
    return [valid(name, why, file=text) for name, why, text in good]


def _documents() -> list[tuple[str, str, str, str]]:
    compact = text_of(_FILE)
    return [
        ("empty", "nothing there", "json_syntax", ""),
        ("a web page", "not JSON", "json_syntax", "<!DOCTYPE html><html></html>"),
        ("cut off", "not JSON", "json_syntax", compact[:-2]),
        ("two files", "not JSON", "json_syntax", compact * 2),
        ("a list", "an object", "member_type", f"[{compact}]"),
        ("text", "an object", "member_type", json.dumps(compact)),
        ("null", "an object", "member_type", "null"),
        ("claims twice", "no repeated names", "json_duplicate_name",
         '{"claims":"",' + compact[1:]),
        ("index twice", "no repeated names, at any depth", "json_duplicate_name",
         compact.replace('"index":3', '"index":3,"index":3')),
        ("float", "no floats", "json_float", compact.replace('"index":3', '"index":3.0')),
        ("exponent", "no floats", "json_float", compact.replace('"tem":1', '"tem":1e0')),
        ("2^53", "beyond 2^53 - 1", "json_integer_range",
         compact.replace('"size":5', '"size":9007199254740992')),
        ("half a surrogate pair", "no UTF-8 can say it", "json_surrogate",
         compact.replace('"origin":"', '"origin":"\\ud800')),
        ("name not ASCII", "names are ASCII", "json_name_not_ascii", changed(tên="x")),
    ]  # fmt: skip


def _members() -> list[tuple[str, str, str, str]]:
    return [
        *((f"no {name}", "every member is there", "member_missing", text_of(without(_FILE, name)))
          for name in _FILE),
        *((f"no {name} of the log", "every member is there", "member_missing",
           changed(log=without(_FILE["log"], name))) for name in _FILE["log"]),
        *((f"no {name} of the chain", "every member is there", "member_missing",
           changed(chain=without(_FILE["chain"], name))) for name in _FILE["chain"]),
        ("another member", "no member is ignored", "member_unknown", changed(verdict="valid")),
        ("member in capitals", "no member is ignored", "member_unknown", changed(Claims="")),
        ("another member of the log", "no member is ignored", "member_unknown",
         log_changed(root=_HASH)),
        ("contracts in the chain", "a file does not choose its judge", "member_unknown",
         changed(chain={**_FILE["chain"], "trust_registry": "0x" + "66" * 20})),
        ("log null", "an object", "member_type", changed(log=None)),
        ("log a list", "an object", "member_type", changed(log=[])),
        ("chain null", "an object", "member_type", changed(chain=None)),
        ("version 2", "another version: unknown, not wrong", "version_unknown", changed(tem=2)),
        ("version 0", "another version: unknown, not wrong", "version_unknown", changed(tem=0)),
        ("version 2 of another shape", "its members are not known either", "version_unknown",
         text_of({"tem": 2, "proof": "x"})),
        ("version as text", "a number", "member_type", changed(tem="1")),
        ("version true", "true is no number", "member_type", changed(tem=True)),
        ("version null", "a number", "member_type", changed(tem=None)),
    ]  # fmt: skip


def _texts() -> list[tuple[str, str, str, str]]:
    claims, first = _FILE["claims"], _FILE["disclosures"][0]
    return [
        ("claims padded", "base64url has no padding", "base64url_padded",
         changed(claims=claims + "=")),
        ("claims in the other alphabet", "base64url", "base64url_invalid",
         changed(claims="++//" + claims)),
        ("claims with a newline", "base64url", "base64url_invalid", changed(claims=claims + "\n")),
        ("claims not encoded", "base64url", "base64url_invalid", changed(claims='{"iss":"x"}')),
        ("claims with stray bits", "a second spelling", "base64url_not_canonical",
         changed(claims="AB")),
        ("claims an object", "base64url text", "base64url_type", changed(claims={"iss": "x"})),
        ("claims null", "base64url text", "base64url_type", changed(claims=None)),
        ("statement padded", "base64url has no padding", "base64url_padded",
         changed(statement="AA==")),
        ("statement in the other alphabet", "base64url", "base64url_invalid",
         changed(statement="+/+/")),
        ("statement a list", "base64url text", "base64url_type", changed(statement=["AA"])),
        ("disclosures an object", "a list", "member_type", changed(disclosures={"a": first})),
        ("disclosures null", "a list", "member_type", changed(disclosures=None)),
        ("a disclosure that is null", "text", "member_type", changed(disclosures=[first, None])),
        ("129 disclosures", "at most 128", "list_too_long", changed(disclosures=["AA"] * 129)),
        ("checkpoint a number", "text or null", "member_type", changed(checkpoint=5)),
        ("checkpoint false", "text or null", "member_type", changed(checkpoint=False)),
        ("origin null", "text", "member_type", log_changed(origin=None)),
        ("origin a number", "text", "member_type", log_changed(origin=7)),
    ]  # fmt: skip


def _numbers() -> list[tuple[str, str, str, str]]:
    cases = [
        (f"{name} {what}", "0 to 2^40 - 1", "member_range", log_changed(**{name: value}))
        for name in ("index", "size")
        for what, value in (("negative", -1), ("2^40", 2**40), ("as text", "3"), ("true", True),
                            ("null", None))
    ]  # fmt: skip
    path = _FILE["log"]["path"]
    return [
        *cases,
        ("path null", "a list", "member_type", log_changed(path=None)),
        ("path text", "a list", "member_type", log_changed(path=path[0])),
        ("path with null", "text", "member_type", log_changed(path=[*path, None])),
        ("64 hashes", "at most 63", "list_too_long", log_changed(path=[_HASH] * 64)),
        ("hash of 31 bytes", "32 bytes", "hash_length",
         log_changed(path=[b64encode(bytes(31)).decode()])),
        ("hash of 33 bytes", "32 bytes", "hash_length",
         log_changed(path=[b64encode(bytes(33)).decode()])),
        ("hash empty", "32 bytes", "hash_length", log_changed(path=[""])),
        ("hash in hex", "base64, 48 bytes as such", "hash_length", log_changed(path=["00" * 32])),
        ("hash not padded", "base64 is padded", "base64_invalid",
         log_changed(path=[_HASH.rstrip("=")])),
        ("hash in the other alphabet", "base64, not base64url", "base64_invalid",
         log_changed(path=["__" + _HASH[2:]])),
        ("hash with stray bits", "a second spelling", "base64_not_canonical",
         log_changed(path=[_HASH[:-2] + "B="])),
    ]  # fmt: skip


def _hints() -> list[tuple[str, str, str, str]]:
    chain, why = _FILE["chain"], "a chain id of CAIP-2, and an address"
    ids = (("a number", 31337, "member_type"), ("without namespace", "31337", "member_grammar"),
           ("zero", "eip155:0", "member_grammar"), ("leading zero", "eip155:01", "member_grammar"),
           ("of 19 digits", "eip155:" + "1" * 19, "member_grammar"),
           ("of another namespace", "cosmos:hub-3", "member_grammar"),
           ("with a newline", "eip155:1\n", "member_grammar"))  # fmt: skip
    anchors = (("null", None, "member_type"), ("without 0x", "02" * 20, "member_grammar"),
               ("of 19 bytes", "0x" + "02" * 19, "member_grammar"),
               ("of 21 bytes", "0x" + "02" * 21, "member_grammar"),
               ("not hex", "0x" + "0g" * 20, "member_grammar"),
               ("a web address", "https://tem.example", "member_grammar"))  # fmt: skip
    return [
        *((f"chain id {name}", why, code, changed(chain={**chain, "id": value}))
          for name, value, code in ids),
        *((f"anchor {name}", why, code, changed(chain={**chain, "anchor": value}))
          for name, value, code in anchors),
    ]  # fmt: skip


def _large() -> list[Case]:
    compact = text_of(_FILE)
    room = 256 * 1024 - len(compact.encode())
    head, tail = compact[:-1], compact[-1:]
    million = changed(claims="@").split("@")
    return [
        valid("256 KiB", "the largest", runs=[[head, 1], [" ", room], [tail, 1]]),
        invalid("256 KiB and a byte", "over the limit", "file_too_large",
                runs=[[head, 1], [" ", room + 1], [tail, 1]]),
        invalid("text of 1 MB", "over the limit", "file_too_large",
                runs=[[million[0], 1], ["A", 1_000_000], [million[1], 1]]),
        invalid("depth bomb", "must not exhaust the stack", "json_too_deep",
                runs=[["[", 50_000], ["]", 50_000]]),
    ]  # fmt: skip
