"""A chain that contradicts itself is no chain to judge by."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from tests.chain import state
from tests.world import BODY, NOW, SIZE, proof_of
from verifier import Result, Verdict, verify
from verifier.chain_view import Anchor, Key, Organisation
from verifier.view.state import ChainState


@dataclass(slots=True)
class OtherDid(ChainState):
    """Says that the body's id belongs to another DID."""

    def organisation(self, org: bytes) -> Organisation | None:
        found = ChainState.organisation(self, org)
        return replace(found, did="did:web:other.example") if found and org == BODY.id else found


@dataclass(slots=True)
class OtherKey(ChainState):
    """Says that the kid belongs to another point."""

    def key_at(self, org: bytes, kid: bytes, at: int) -> Key:
        found = ChainState.key_at(self, org, kid, at)
        return replace(found, x=found.y, y=found.x)


@dataclass(slots=True)
class NoFirstAnchor(ChainState):
    """Holds the size, and yet no anchor above the index."""

    def first_anchor_covering(self, log: bytes, index: int) -> Anchor | None:
        return None

    def anchor_at(self, log: bytes, size: int) -> Anchor | None:
        return ChainState.first_anchor_covering(self, log, size - 1)


@dataclass(slots=True)
class LaterFirstAnchor(NoFirstAnchor):
    """Says that the first anchor above the index is one above the file's size."""

    def first_anchor_covering(self, log: bytes, index: int) -> Anchor | None:
        return Anchor(SIZE + 1, 0, 0, bytes(32))


@pytest.mark.parametrize("liar", [OtherDid, OtherKey, NoFirstAnchor, LaterFirstAnchor])
def test_a_contradiction_makes_everything_from_check_3_on_unknown(liar: Any) -> None:
    honest = state()
    view = liar(honest.trust, honest.at_block, honest.organisations, honest.logs)
    report = verify(proof_of().encode(), view, NOW)
    assert report.verdict is Verdict.UNVERIFIABLE
    assert [check.result for check in report.checks[:2]] == [Result.PASS] * 2
    assert {(c.result, c.code) for c in report.checks[2:]} == {
        (Result.UNKNOWN, "chain_contradiction")
    }


def test_a_key_that_is_no_point_of_the_curve_is_a_contradiction() -> None:
    # Its kid fits: a forger who controls the node can sign a header that names any bytes.
    x, y = bytes(31) + b"\x05", bytes(31) + b"\x06"
    import json

    from tests.world import RECORD, Issued, header_of, signed
    from verifier.statement import key_thumbprint

    header = replace(header_of(json.loads(RECORD.claims)), kid=key_thumbprint(x, y)[:8])
    record = Issued(RECORD.claims, RECORD.disclosures, signed(RECORD.claims, header))
    view = state(record)
    keys = view.organisations[BODY.id].keys
    (key,) = keys.values()
    keys[header.kid] = replace(key, x=x, y=y)
    report = verify(proof_of(record).encode(), view, NOW)
    assert report.verdict is Verdict.UNVERIFIABLE
    assert report.deciding.code == "chain_contradiction"
