"""Whole verifications in which the file is wrong, and the chain is in order."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256
from typing import Any

import cbor2

from tests import reference_tree
from tests.cases import Case
from tests.cases.claims_cases import b64u, digest, disclosed
from tests.cases.file_cases import changed, text_of
from tests.cases.judging import all_unknown, fails, judged, stops, unknown
from tests.cases.statement_cases import high
from tests.chain import state
from tests.world import (
    CORE,
    FIELDS,
    GENESIS,
    GENESIS_VCT,
    ORIGIN,
    RECORD,
    STRANGER,
    Issued,
    header_of,
    issue,
    issue_raw,
    leaves_with,
    proof_of,
    signed_raw,
    without,
)
from verifier.encoding import canonical_json, cbor_encode
from verifier.proof import ProofFile
from verifier.statement import Header

MEMBERS: dict[str, Any] = json.loads(RECORD.claims)
PROOF = proof_of()
NOT_READ: dict[str, Any] = {"outcome": None}


def cases() -> list[Case]:
    return [*_valid(), *_format(), *_unknown(), *_content(), *_signature(), *_forgers()]


def _valid() -> list[Case]:
    def good(name: str, why: str, **parts: Any) -> Case:
        return judged(name, why, "valid", 8, **parts)

    fields = without({**FIELDS, "conclusion": "Không đạt"}, "valid_until")
    failed = issue({**without(CORE, "exp"), "outcome": "fail"}, fields)
    chain = {"id": "eip155:1", "anchor": "0x" + "66" * 20}
    return [
        good("everything in order", "the base of all the others"),
        good("white space", "the file's spelling is free", file=json.dumps(
            json.loads(PROOF.encode()), indent=1, ensure_ascii=False)),
        good("without checkpoint", "the contract holds the root", file=replace(
            PROOF, checkpoint=None)),
        good("nothing disclosed", "whoever shows it decides what is seen",
             file=replace(PROOF, disclosures=()), notes=["fields_withheld"]),
        good("one field disclosed", "whoever shows it decides what is seen",
             file=replace(PROOF, disclosures=PROOF.disclosures[1:2]), notes=["fields_withheld"]),
        good("disclosures in another order", "their order says nothing",
             file=replace(PROOF, disclosures=PROOF.disclosures[::-1])),
        good("another chain named", "the file's hint is not followed", file=changed(chain=chain)),
        good("failed, in order", "a genuine record of a failed verification", file=proof_of(failed),
             view=state(failed), outcome="fail", notes=["outcome_fail"]),
        good("imported", "history brought in later", notes=["imported", "registered_late"],
             **_of(issue({**CORE, "imported": True, "issued": "2020-02-29"}))),
        good("genesis", "a log's own entry asks only an active organisation",
             file=_genesis(), outcome="none"),
    ]  # fmt: skip


def _of(record: Issued, **parts: Any) -> dict[str, Any]:
    """A record that really stands in the log, with the chain that holds its root."""
    return {"file": proof_of(record), "view": state(record), **parts}


def _genesis() -> ProofFile:
    return proof_of(GENESIS, leaves_with(), index=0)


def _format() -> list[Case]:
    def bad(name: str, why: str, code: str, file: str | bytes | ProofFile) -> Case:
        return judged(name, why, "not_genuine", 1, stops(1, code), file=file, **NOT_READ)

    text = PROOF.encode().decode()
    claims = b64u(RECORD.claims + b" ")
    bomb = b64u(b"[" * 600 + b"]" * 600)
    shared = b"\xd2" + bytes.fromhex("d81c81d81d00")
    salt = [disclosed("holder", "x", b64u(bytes(8))), disclosed("holder", "x", 7)]
    return [
        bad("empty file", "nothing there", "json_syntax", ""),
        bad("a picture", "not JSON", "json_not_utf8", b"\x89PNG\r\n\x1a\n" + bytes(8)),
        bad("a web page", "not JSON", "json_syntax", "<!DOCTYPE html>"),
        bad("cut off", "a download that broke", "json_syntax", text[: len(text) // 2]),
        bad("name twice", "repeated names", "json_duplicate_name", text[:-1] + ',"tem":1}'),
        bad("float", "no floats", "json_float", text.replace('"index":3', '"index":3.0')),
        bad("2^53", "beyond 2^53 - 1", "json_integer_range",
            text.replace('"index":3', '"index":9007199254740992')),
        bad("size 2^40", "beyond every log", "member_range",
            text.replace('"size":5', f'"size":{2**40}')),
        bad("path of 64", "no log is that large", "list_too_long",
            replace(PROOF, path=PROOF.path * 22)),
        bad("member missing", "every member is there", "member_missing",
            text_of(without(json.loads(text), "statement"))),
        bad("member unknown", "no member is ignored", "member_unknown", changed(verdict="valid")),
        bad("claims padded", "base64url has no padding", "base64url_padded",
            changed(claims=b64u(RECORD.claims) + "=")),
        bad("claims with white space", "claims are canonical", "json_not_canonical",
            changed(claims=claims)),
        bad("claims a depth bomb", "must not exhaust the stack", "json_too_deep",
            changed(claims=bomb)),
        bad("claims a list", "claims are an object", "claims_shape", changed(claims=b64u(b"[]"))),
        bad("disclosure an object", "a list of three", "disclosure_shape",
            changed(disclosures=[b64u(b'{"a":1}')])),
        bad("disclosure with a short salt", "16 bytes", "salt_length",
            changed(disclosures=salt[:1])),
        bad("disclosure with a number as salt", "text", "base64url_type",
            changed(disclosures=salt[1:])),
        bad("statement without tag", "tag 18", "statement_tag",
            replace(PROOF, statement=PROOF.statement[1:])),
        bad("statement with trailing byte", "one item", "cbor_not_canonical",
            replace(PROOF, statement=PROOF.statement + b"\x00")),
        bad("statement that holds itself", "a value without end", "cbor_type",
            replace(PROOF, statement=shared)),
        bad("an inner node's bytes as statement", "a node is no leaf", "statement_tag",
            replace(PROOF, statement=b"\x01" + PROOF.path[0] * 2, path=PROOF.path[1:])),
        bad("checkpoint not a note", "a signed note", "note_shape",
            replace(PROOF, checkpoint="5 leaves")),
        bad("checkpoint with half a surrogate pair", "no UTF-8 can say it", "json_surrogate",
            text.replace(f'{ORIGIN}\\n5', f'{ORIGIN}\\n5\\n\\ud800')),
        bad("checkpoint with size 05", "a decimal without leading zeros", "checkpoint_size",
            replace(PROOF, checkpoint=str(PROOF.checkpoint).replace("\n5\n", "\n05\n"))),
        bad("crit in the header", "exactly these labels", "header_label_unknown",
            _with_header({2: [15]})),
        bad("unknown label in the header", "exactly these labels", "header_label_unknown",
            _with_header({-70000: 1})),
    ]  # fmt: skip


def _with_header(labels: dict[int, Any]) -> ProofFile:
    """The proof with a statement that is signed over a header with other labels."""
    header = cbor2.loads(header_of(MEMBERS).encode())
    protected = cbor_encode({**header, **labels})
    statement = signed_raw(protected, sha256(RECORD.claims).digest())
    return replace(PROOF, statement=statement)


def _unknown() -> list[Case]:
    def later(name: str, code: str, file: str | ProofFile) -> Case:
        why = "newer than this verifier: unknown, never false"
        words = stops(1, code, "unknown")
        return judged(name, why, "unverifiable", 1, words, file=file, **NOT_READ)

    record = issue_raw({**MEMBERS, "vct": "urn:tem:cert:verification:2", "colour": "red"})
    shown = Issued(record.claims, RECORD.disclosures, record.statement)
    return [
        later("version 2", "version_unknown", changed(tem=2)),
        later("ES384", "algorithm_unknown", _with_header({1: -35})),
        later("SHA-384", "hash_algorithm_unknown", _with_header({258: -43})),
        judged("unknown type", "its rules are not known, all else is checked", "unverifiable", 2,
               {2: unknown("type_unknown")}, **_of(shown)),
        judged("unknown type, stranger's key", "what is known to be wrong stays wrong",
               "not_genuine", 3, {2: unknown("type_unknown"), 3: fails("signature_invalid")},
               **_of(_by_stranger(shown))),
    ]  # fmt: skip


def _by_stranger(record: Issued) -> Issued:
    """The record signed by another key under the body's kid."""
    header = header_of(json.loads(record.claims))
    statement = signed_raw(header.encode(), sha256(record.claims).digest(), STRANGER)
    return Issued(record.claims, record.disclosures, statement)


def _content() -> list[Case]:
    def bad(name: str, why: str, code: str, **parts: Any) -> Case:
        return judged(name, why, "not_genuine", 2, stops(2, code), **{**NOT_READ, **parts})

    def with_members(**change: Any) -> dict[str, Any]:
        return _of(issue_raw({**MEMBERS, **change}))

    def with_header(**change: Any) -> dict[str, Any]:
        return _of(_signed_as(replace(header_of(MEMBERS), **change)))

    other = canonical_json({**MEMBERS, "serial": "2604418"})
    holder = RECORD.disclosures[0]
    iss, limits = disclosed("iss", "did:web:x.example"), disclosed("limitations", "x")
    core = issue_raw({**MEMBERS, "_sd": [digest(iss)]})
    public = issue_raw({**MEMBERS, "_sd": [digest(limits)]})
    return [
        bad("changed field", "another serial number than was signed", "claims_hash_differs",
            file=replace(PROOF, claims=other)),
        bad("failed made passed", "another outcome than was signed", "claims_hash_differs",
            file=replace(PROOF, claims=RECORD.claims.replace(b'"pass"', b'"fail"'))),
        bad("claims of another record", "not the signed claims", "claims_hash_differs",
            file=replace(PROOF, claims=issue({**CORE, "sub": "V26.00002"}).claims)),
        bad("no outcome", "the core is never missing", "core_missing",
            **_of(issue_raw(without(MEMBERS, "outcome")))),
        bad("date 31/02", "there is no such day", "date_invalid",
            **with_members(issued="2026-02-31")),
        bad("scope of another type", "the scope does not fit", "scope_type",
            **with_members(scope="calibration/scales")),
        bad("another log's name in the file", "the claims decide", "log_differs",
            file=replace(PROOF, origin="tem.example/other")),
        bad("conclusion missing", "whatever flatters by its absence is public", "field_missing",
            **_of(issue_raw(without(MEMBERS, "conclusion")))),
        bad("holder in the clear", "personal fields are hidden", "field_not_public",
            **with_members(holder="Sạp 214")),
        bad("unknown field", "types are closed", "field_unknown", **with_members(colour="red")),
        bad("end a day late", "exp is the end of the printed day", "exp_differs",
            **with_members(exp=CORE["exp"] + 86400)),
        bad("facts left out", "what is printed is signed", "facts_differ", **with_header(facts={})),
        bad("fact differs", "what is printed is signed", "facts_differ", **with_header(
            facts={**header_of(MEMBERS).facts, "serial": "9999999"})),
        bad("one fact more", "exactly the type's facts", "facts_differ", **with_header(
            facts={**header_of(MEMBERS).facts, "model": "NHS-60"})),
        *(bad(f"header's {name} differs", "the header repeats the claims", "header_differs",
              **with_header(**{name: value}))
          for name, value in (("iss", "did:web:boa.example"), ("sub", "V26.00002"),
                              ("iat", CORE["iat"] + 1), ("exp", None), ("vct", GENESIS_VCT))),
        bad("disclosure twice", "each once", "disclosure_repeated",
            file=replace(PROOF, disclosures=(*PROOF.disclosures, holder))),
        bad("disclosure changed", "its digest is nowhere", "disclosure_unused",
            file=replace(PROOF, disclosures=(disclosed("holder", "Sạp 999"),))),
        bad("disclosure of another record", "its digest is nowhere", "disclosure_unused",
            file=replace(PROOF, disclosures=(disclosed("holder", "x", b64u(b"\x63" * 16)),))),
        bad("disclosure of a core field", "the core is never hidden", "disclosure_core",
            **_of(Issued(core.claims, (iss,), core.statement))),
        bad("disclosure of a public field", "what is public is never hidden", "disclosure_field",
            **_of(Issued(public.claims, (limits,), public.statement))),
    ]  # fmt: skip


def _signed_as(header: Header) -> Issued:
    statement = signed_raw(header.encode(), sha256(RECORD.claims).digest())
    return Issued(RECORD.claims, RECORD.disclosures, statement)


def _signature() -> list[Case]:
    def bad(name: str, why: str, code: str, statement: bytes) -> Case:
        record = Issued(RECORD.claims, RECORD.disclosures, statement)
        return judged(name, why, "not_genuine", 3, {3: fails(code)}, **_of(record))

    end = len(RECORD.statement)
    signature = RECORD.statement[end - 64 :]
    head = RECORD.statement[: end - 64]
    other = issue({**CORE, "sub": "V26.00002"}).statement
    return [
        bad("stranger's key under the body's kid", "not the body's signature", "signature_invalid",
            _by_stranger(RECORD).statement),
        bad("signature of another record", "signs another statement", "signature_invalid",
            head + other[len(other) - 64:]),
        bad("one bit changed", "not a signature", "signature_invalid",
            head + bytes([signature[0] ^ 1]) + signature[1:]),
        bad("high s", "a second signature of the same statement", "signature_high_s",
            head + high(signature)),
        bad("r zero", "out of range", "signature_range", head + bytes(32) + signature[32:]),
        bad("s zero", "out of range", "signature_range", head + signature[:32] + bytes(32)),
    ]  # fmt: skip


def _forgers() -> list[Case]:
    """Records that their issuer never made, with everything around them done well."""
    why = "never registered by the issuer"
    stranger = issue(signer=STRANGER)
    words = {3: unknown("key_bytes_missing"), 4: fails("key_unknown")}
    mine = {"id": "eip155:666", "anchor": "0x" + "66" * 20}
    tree = [reference_tree.leaf(b"mine"), stranger.leaf, reference_tree.leaf(b"too")]
    forged = replace(proof_of(stranger, tree, index=1), checkpoint=None)
    hinted = text_of({**json.loads(forged.encode()), "chain": mine})
    nobody = issue({**CORE, "iss": "did:web:nobody.example"})
    no_issuer = {3: unknown("key_bytes_missing"), 4: fails("issuer_unknown"),
                 5: fails("issuer_unknown"), 6: fails("log_unknown"),
                 7: unknown("not_yet_anchored")}  # fmt: skip
    return [
        judged("stranger's key", why, "not_genuine", 4, words, **_of(stranger)),
        judged("forger with a chain and a log of his own",
               "the file does not choose its judge: neither its tree nor its contracts count",
               "not_genuine", 4, {**words, 6: unknown("checkpoint_missing"),
                                  7: unknown("proof_outdated")}, file=hinted),
        judged("issuer unknown", "the named issuer does not take part", "not_genuine", 4, no_issuer,
               file=proof_of(nobody)),
        judged("chain cannot be read", "an outage says nothing against a record", "unverifiable", 3,
               all_unknown("chain_unreachable"), view="chain_unreachable"),
        judged("sources contradict each other", "nobody chooses between them", "unverifiable", 3,
               all_unknown("chain_contradiction"), view="chain_contradiction"),
        judged("another chain answers", "not the configured one", "unverifiable", 3,
               all_unknown("chain_other"), view="chain_other"),
        judged("changed field, chain cannot be read", "what the file alone shows needs no chain",
               "not_genuine", 2, stops(2, "claims_hash_differs"), view="chain_unreachable",
               outcome=None,
               file=replace(PROOF, claims=canonical_json({**MEMBERS, "serial": "1"}))),
    ]  # fmt: skip
