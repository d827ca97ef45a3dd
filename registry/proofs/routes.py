"""Proof files over HTTP: what a QR code leads to."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response
from fastapi.responses import RedirectResponse

from registry.http import Caller, Here
from registry.problems import responses
from verifier.proof import MEDIA_TYPE

router = APIRouter(tags=["proofs"])

Code = Annotated[
    str,
    Path(
        max_length=64,
        description="Short code, with or without its check symbol, or leaf hash (hex).",
        examples=["53MF0RQ871W3KQ2AAAAABBBBBC"],
    ),
]
_FILE = {"content": {MEDIA_TYPE: {"schema": {"type": "object"}}}, "description": "A proof file"}


@router.get(
    "/api/v1/proofs/{code}",
    summary="The proof file of a record",
    response_class=Response,
    responses={200: _FILE, **responses(300, 400, 401, 404, 422)},
)
def read_proof(here: Here, caller: Caller, code: Code) -> Response:
    """Everything that is needed to check a record.

    It shows public fields only; with the API key of the record's own issuer, all of them.
    """
    data = here.proofs.public(code, None if caller is None else caller.org)
    headers = {"Cache-Control": "no-cache", "Vary": "Authorization"}
    return Response(data, media_type=MEDIA_TYPE, headers=headers)


@router.get(
    "/V/{code}",
    summary="Where a record's QR code leads",
    status_code=307,
    response_class=RedirectResponse,
    responses=responses(422),
)
def follow_code(code: Code) -> RedirectResponse:
    """Leads to the record's proof file."""
    return RedirectResponse(f"/api/v1/proofs/{code}", 307)
