"""Statements as an issuer makes them."""

from __future__ import annotations

import json
from hashlib import sha256

import pytest

from tests.cases.statement_cases import high, low
from tests.world import KEY, RECORD, header_of
from verifier import statement
from verifier.errors import ProofError

HEADER = header_of(json.loads(RECORD.claims))
PROTECTED, PAYLOAD = HEADER.encode(), sha256(RECORD.claims).digest()
SIGNATURE = KEY.sign(statement.to_be_signed(PROTECTED, PAYLOAD))


def test_high_and_low_signatures_make_the_same_statement() -> None:
    made = {
        statement.assemble(PROTECTED, PAYLOAD, signature)
        for signature in (SIGNATURE, low(SIGNATURE), high(SIGNATURE))
    }
    assert len(made) == 1
    statement.verify_signature(statement.parse(made.pop()), *KEY.point)


def test_a_high_signature_as_libraries_make_it_is_refused() -> None:
    made = statement.parse(statement.assemble(PROTECTED, PAYLOAD, SIGNATURE))
    raised = statement.Statement(HEADER, PROTECTED, PAYLOAD, high(SIGNATURE))
    statement.verify_signature(made, *KEY.point)
    with pytest.raises(ProofError) as caught:
        statement.verify_signature(raised, *KEY.point)
    assert caught.value.code == "signature_high_s"


def test_the_header_comes_back_as_it_went_in() -> None:
    made = statement.parse(statement.assemble(PROTECTED, PAYLOAD, SIGNATURE))
    assert made.header == HEADER
    assert (made.protected, made.payload) == (PROTECTED, PAYLOAD)


def test_the_largest_statement_is_4096_bytes() -> None:
    from dataclasses import replace

    def padded(count: int) -> bytes:
        header = replace(HEADER, facts={"serial": "x" * count})
        return statement.assemble(header.encode(), PAYLOAD, SIGNATURE)

    room = 4096 - len(padded(1000))
    assert len(padded(1000 + room)) == 4096
    assert statement.parse(padded(1000 + room)).header.kid == KEY.kid
    with pytest.raises(ProofError) as caught:
        statement.parse(padded(1001 + room))
    assert caught.value.code == "statement_too_large"


@pytest.mark.parametrize(
    ("x", "y", "is_point"),
    [
        (*KEY.point, True),
        (KEY.point[1], KEY.point[0], False),
        (bytes(32), bytes(32), False),
        (b"\xff" * 32, b"\xff" * 32, False),
    ],
    ids=["a key", "coordinates swapped", "zero", "beyond the field"],
)
def test_points_of_the_curve(x: bytes, y: bytes, is_point: bool) -> None:
    assert statement.on_curve(x, y) is is_point
