"""The record types over HTTP."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from registry.certificates.rules import ISSUABLE
from registry.errors import NotFound
from registry.problems import responses
from registry.types.schemas import Label, TypeSummary
from verifier.types import KNOWN

router = APIRouter(prefix="/api/v1/types", tags=["types"])

_SCHEMA = {
    "content": {"application/schema+json": {"schema": {"type": "object"}}},
    "description": "A JSON Schema",
}


@router.get("", summary="All record types")
def list_types() -> list[TypeSummary]:
    """Every version of every record type that this registry knows."""
    return [
        TypeSummary(
            type=kind.vct,
            title=Label(vi=kind.schema["x-title-vi"], en=kind.schema["title"]),
            scope=kind.scope,
            outcomes=sorted(kind.outcomes),
            issued_here=kind.vct in ISSUABLE,
            schema_link=f"/api/v1/types/{kind.vct}",
        )
        for kind in KNOWN.values()
    ]


@router.get(
    "/{type}",
    summary="The JSON Schema of a record type",
    response_class=JSONResponse,
    responses={200: _SCHEMA, **responses(404, 422)},
)
def read_type(type: str) -> JSONResponse:
    """The fields of a type: their classes (``x-class``), labels, and which facts are signed."""
    kind = KNOWN.get(type)
    if kind is None:
        raise NotFound("type_unknown", "There is no such record type.", "type")
    return JSONResponse(dict(kind.schema), media_type="application/schema+json")
