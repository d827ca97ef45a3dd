"""The shapes of the certificates API."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from registry.errors import RequestError
from verifier.encoding import parse_json


class CertificateRequest(BaseModel):
    """A certificate to be issued. Rules of content are in ``registry.certificates.rules``."""

    model_config = ConfigDict(extra="forbid", strict=True)

    type: str = Field(description="Record type; see /api/v1/types.")
    number: str = Field(description="The certificate's number, used once by its issuer.")
    issued: str | None = Field(
        default=None, description="The printed date, YYYY-MM-DD (UTC+07:00); today if left out."
    )
    outcome: str = Field(description="The result: pass, fail, or none if the type has none.")
    scope: str = Field(description="The accredited scope that it is issued under.")
    fields: dict[str, Any] = Field(description="The type's fields, as its JSON Schema says.")


def parse_request(data: bytes) -> CertificateRequest:
    """Read a request from a file, as strictly as over HTTP; raises FormatError, RequestError."""
    try:
        return CertificateRequest.model_validate(parse_json(data, ""))
    except ValidationError as error:
        raise RequestError.of_shape(error.errors()) from error


class Links(BaseModel):
    """Where to go on: ``proof`` is relative to this service, ``qr`` what a QR code says."""

    proof: str
    qr: str


class CertificateIssued(BaseModel):
    """A certificate that is signed and in its issuer's log; anchoring follows."""

    number: str
    issued: str = Field(description="The printed date.")
    code: str = Field(description="Short code: the first 128 bits of the leaf hash.")
    check: str = Field(description="Check symbol, written after the code where it is typed.")
    leaf: str = Field(description="Leaf hash, which names the record (hex).")
    log: str = Field(description="Origin of the log.")
    index: int = Field(description="Index in the log.")
    links: Links
