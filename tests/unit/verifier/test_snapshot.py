"""Snapshots: what is written is read, and what was not signed so is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.chain import entry, state, status
from tests.changes import says
from tests.world import (
    BOA,
    BODY,
    KEY,
    LOG,
    LOG_KEY,
    NOW,
    OTHER_LOG_KEY,
    RECORD,
    REGULATOR,
    TA,
    TRUST,
    T,
    proof_of,
)
from verifier import note, verify
from verifier.chain_view import Act, LogState, Status
from verifier.encoding import canonical_json
from verifier.errors import ConfigurationError, FormatError, ProofError
from verifier.note import NoteKey
from verifier.view import snapshot
from verifier.view.state import ChainState

NAME = "snapshots.example"
SIGNER = NoteKey(NAME, LOG_KEY.public_key().public_bytes_raw())


def eventful() -> ChainState:
    """A chain on which everything has happened that a snapshot can hold."""
    chain = state()
    body = chain.organisations[BODY.id]
    body.suspensions = {
        REGULATOR.id: [
            entry(Act.SUSPENDED, T - 9, REGULATOR),
            entry(Act.GRANTED, T - 8, REGULATOR),
        ],
        BOA.id: [entry(Act.SUSPENDED, T - 7, BOA)],
    }
    body.keys[KEY.kid].revocations.append(entry(Act.WITHDRAWN, TA, BODY))
    chain.logs[LOG] = replace(chain.logs[LOG], state=LogState.REPUDIATED, repudiated_from=4)
    annulled = replace(status(Status.WITHDRAWN, TA, REGULATOR), annulled=True)
    says(status(Status.SUSPENDED, TA), status(Status.ACTIVE, TA + 1), annulled)(chain)
    return chain


def members() -> Any:
    text = snapshot.write(eventful(), NAME, LOG_KEY).decode()
    return json.loads(text.split("\n")[1])


def signed(text: str) -> bytes:
    return note.sign(text, NAME, LOG_KEY).encode()


def of(value: Any) -> bytes:
    return signed(f"{snapshot.FORMAT}\n{canonical_json(value).decode()}\n")


def test_what_is_written_is_read() -> None:
    chain = eventful()
    data = snapshot.write(chain, NAME, LOG_KEY)
    assert snapshot.read(data, SIGNER, TRUST) == chain
    assert snapshot.write(snapshot.read(data, SIGNER, TRUST), NAME, LOG_KEY) == data


def test_the_order_of_authors_is_kept() -> None:
    chain = snapshot.read(snapshot.write(eventful(), NAME, LOG_KEY), SIGNER, TRUST)
    assert list(chain.organisations[BODY.id].suspensions) == [REGULATOR.id, BOA.id]
    assert list(chain.statuses[LOG, RECORD.leaf]) == [BODY.id, REGULATOR.id]


def test_the_age_that_is_allowed_is_the_readers() -> None:
    patient = replace(TRUST, max_age=86_400)
    chain = snapshot.read(snapshot.write(state(), NAME, LOG_KEY), SIGNER, patient)
    assert verify(proof_of().encode(), chain, NOW + 80_000).verdict.value == "valid"


@pytest.mark.parametrize(
    "other",
    [
        replace(TRUST, chain_id=1),
        replace(TRUST, genesis=bytes(32)),
        replace(TRUST, log_anchor="0x" + "ff" * 20),
        replace(TRUST, root=BODY.id),
    ],
    ids=["chain id", "first block", "contract", "root"],
)
def test_a_snapshot_of_another_chain_is_refused(other: Any) -> None:
    with pytest.raises(ConfigurationError) as caught:
        snapshot.read(snapshot.write(state(), NAME, LOG_KEY), SIGNER, other)
    assert caught.value.code == "snapshot_other_chain"


def test_only_the_configured_signer_counts() -> None:
    for data in (
        snapshot.write(state(), NAME, OTHER_LOG_KEY),
        snapshot.write(state(), "other.example", LOG_KEY),
    ):
        with pytest.raises(ProofError) as caught:
            snapshot.read(data, SIGNER, TRUST)
        assert caught.value.code == "note_not_signed"


def test_what_was_changed_after_signing_is_refused() -> None:
    data = snapshot.write(state(), NAME, LOG_KEY)
    with pytest.raises(ProofError) as caught:
        snapshot.read(data.replace(b"QUATEST 3", b"QUATEST 1"), SIGNER, TRUST)
    assert caught.value.code == "note_signature_invalid"


NOT_SNAPSHOTS = {
    "not UTF-8": (b"\xff", "snapshot_not_utf8"),
    "empty": (b"", "note_shape"),
    "version 2": (signed("tem-snapshot/2\n{}\n"), "snapshot_version"),
    "no version": (signed("{}\n"), "snapshot_version"),
    "no state": (signed("tem-snapshot/1\n"), "json_syntax"),
    "white space": (signed("tem-snapshot/1\n{ }\n"), "json_not_canonical"),
    "float": (signed("tem-snapshot/1\n[1.5]\n"), "json_float"),
    "a list": (of([]), "snapshot_shape"),
    "empty object": (of({}), "snapshot_shape"),
    "null": (of(None), "snapshot_shape"),
    "too large": (b" " * (64 * 1024 * 1024 + 1), "snapshot_too_large"),
}


@pytest.mark.parametrize("name", NOT_SNAPSHOTS)
def test_what_is_no_snapshot_is_refused(name: str) -> None:
    data, code = NOT_SNAPSHOTS[name]
    with pytest.raises(FormatError) as caught:
        snapshot.read(data, SIGNER, TRUST)
    assert caught.value.code == code


def setting(*path: Any) -> Callable[[Any], Any]:
    """Put the last of ``path`` where the others lead."""

    def change(value: Any) -> Any:
        *way, last, new = path
        inner = value
        for step in way:
            inner = inner[step]
        inner[last] = new
        return value

    return change


BROKEN = {
    "block of two": setting("block", [1, "00" * 32]),
    "block's number as text": setting("block", 0, "100"),
    "block's hash of 31 bytes": setting("block", 1, "00" * 31),
    "block's time null": setting("block", 2, None),
    "block's time negative": setting("block", 2, -1),
    "block's time true": setting("block", 2, True),
    "organisations null": setting("organisations", None),
    "organisation without keys": setting("organisations", 4, {"did": "did:web:x.example"}),
    "did a number": setting("organisations", 4, "did", 1),
    "name a list": setting("organisations", 4, "name", []),
    "kind 9": setting("organisations", 4, "kind", 9),
    "kind as text": setting("organisations", 4, "kind", "4"),
    "sponsor not hex": setting("organisations", 4, "sponsor", "zz" * 32),
    "registered as text": setting("organisations", 4, "registered", "1"),
    "key of six parts": setting("organisations", 4, "keys", 0, ["00"] * 6),
    "key's start as text": setting("organisations", 4, "keys", 0, 2, "1"),
    "custody 2": setting("organisations", 4, "keys", 0, 5, 2),
    "revocation with act 7": setting("organisations", 4, "keys", 0, 6, 0, 0, 7),
    "accreditation without entries": setting(
        "organisations", 4, "accreditations", "verification/scales", 0, 1, []
    ),
    "grant without entries": setting("organisations", 1, "grants", "verification", []),
    "entry's effective as text": setting("organisations", 1, "grants", "verification", 0, 2, "1"),
    "grant's reason 10": setting("organisations", 1, "grants", "verification", 0, 1, 10),
    "log without anchors": setting("logs", 0, "anchors", []),
    "anchor of three": setting("logs", 0, "anchors", 0, [1, 2, 3]),
    "anchor's size as text": setting("logs", 0, "anchors", 0, 0, "1"),
    "anchor's root null": setting("logs", 0, "anchors", 0, 3, None),
    "anchors out of order": setting("logs", 0, "anchors", 0, 0, 3),
    "log's state 4": setting("logs", 0, "state", 4),
    "checkpoint key of 31 bytes": setting("logs", 0, "keys", ["00" * 31]),
    "repudiated as text": setting("logs", 0, "repudiated", ["3"]),
    "origin a number": setting("logs", 0, "origin", 5),
    "status 4": setting("statuses", 0, 2, 0, 0, 2, 4),
    "status without entries": setting("statuses", 0, 2, 0, []),
    "status's time as text": setting("statuses", 0, 2, 0, 0, 4, "1"),
    "annulled 1": setting("statuses", 0, 2, 1, 0, 6, 1),
    "status of two parts": setting("statuses", 0, ["00", "00"]),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_signed_snapshot_of_another_shape_is_refused(name: str) -> None:
    with pytest.raises(FormatError) as caught:
        snapshot.read(of(BROKEN[name](members())), SIGNER, TRUST)
    assert caught.value.code == "snapshot_shape"
