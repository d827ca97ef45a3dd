"""Certificates over HTTP."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Header, Response

from registry.certificates import qrcodes
from registry.certificates.rules import ISSUABLE
from registry.certificates.schemas import CertificateIssued, CertificateRequest, Links
from registry.http import Here, Issuer, JsonRoute
from registry.problems import responses
from verifier import shortcode
from verifier.types import KNOWN

router = APIRouter(prefix="/api/v1/certificates", tags=["certificates"], route_class=JsonRoute)


def example(vct: str) -> dict[str, Any]:
    """A request for a certificate of this type, from the examples in its schema."""
    fields = KNOWN[vct].schema["properties"]
    return {
        "type": vct,
        "number": "V26.11001",
        "issued": "2026-11-02",
        "outcome": "pass",
        "scope": KNOWN[vct].scope,
        "fields": {name: field["examples"][0] for name, field in fields.items()},
    }


EXAMPLES = {vct: {"summary": KNOWN[vct].schema["title"], "value": example(vct)} for vct in ISSUABLE}


@router.post(
    "",
    status_code=201,
    summary="Issue a certificate",
    responses=responses(400, 401, 409, 413, 415, 422, 503),
)
def issue_certificate(
    here: Here,
    issuer: Issuer,
    request: Annotated[
        CertificateRequest,
        Body(openapi_examples=EXAMPLES),
    ],
    response: Response,
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1,
            max_length=128,
            description="The caller's name for this request: sent again, it issues nothing.",
        ),
    ] = None,
) -> CertificateIssued:
    """Check, sign and log a certificate in the name of the caller's organisation.

    Answered once it is committed; anchoring on the chain follows within seconds. A refused request
    changes nothing.
    """
    issued = here.certificates.issue(issuer, request, idempotency_key)
    proof = f"/api/v1/proofs/{issued.code}"
    response.headers["Location"] = proof
    if issued.again:
        response.headers["Idempotent-Replayed"] = "true"
    return CertificateIssued(
        number=issued.number,
        issued=issued.issued,
        code=issued.code,
        check=shortcode.check_symbol(issued.code),
        leaf=issued.leaf.hex(),
        log=issued.origin,
        index=issued.index,
        links=Links(proof=proof, qr=qrcodes.content(here.host, issued.leaf)),
    )
