"""The published logs over HTTP, as C2SP tlog-tiles asks: files, and how long they may be kept."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Coroutine
from hashlib import sha256
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import PlainTextResponse
from fastapi.routing import APIRoute

from registry import problems
from registry.http import Here
from registry.logs.schemas import PublishedLog, PublishedLogs
from registry.problems import responses
from verifier.errors import TemError

FOR_EVER = "public, max-age=31536000, immutable"
CHECK_AGAIN = "no-cache"


class PublicRoute(APIRoute):
    """A route that pages of any origin may read, its refusals as well.

    A refusal is not kept: what is not published yet may be there a second later.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def read_from_anywhere(request: Request) -> Response:
            try:
                response = await handle(request)
            except TemError as error:
                response = problems.answer(error)
            response.headers["Access-Control-Allow-Origin"] = "*"
            response.headers.setdefault("Cache-Control", CHECK_AGAIN)
            return response

        return read_from_anywhere


router = APIRouter(prefix="/logs", tags=["logs"], route_class=PublicRoute)

LogId = Annotated[
    str,
    Path(
        description="Log id (hex).",
        examples=["5288bb2cd90f7014149558ae145ce124c21a5d2fb7023fa23b5ff269b822de51"],
    ),
]
TilePath = Annotated[
    str,
    Path(
        description="`<L>/<N>[.p/<W>]`, or `entries/<N>[.p/<W>]` (C2SP tlog-tiles).",
        examples=["0/x001/x234/067", "entries/000.p/5"],
    ),
]
_NOTE = {"description": "A signed note (C2SP tlog-checkpoint)"}
_TILE = {
    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    "description": "A tile or a bundle of entries (C2SP tlog-tiles)",
}


@router.head("", include_in_schema=False)
@router.get("", summary="All logs")
def list_logs(here: Here) -> PublishedLogs:
    """Every log of this registry, by the DID of its body."""
    logs = [
        PublishedLog(
            id=body.log.log.hex(),
            origin=body.log.origin,
            did=body.did,
            name=body.name,
            size=body.log.size,
            published=body.log.published,
            url=f"{router.prefix}/{body.log.log.hex()}",
        )
        for body in here.logs.all_of_them()
    ]
    return PublishedLogs(logs=logs)


@router.head("/{log}/checkpoint", include_in_schema=False)
@router.get(
    "/{log}/checkpoint",
    summary="The newest checkpoint of a log",
    response_class=PlainTextResponse,
    responses={200: _NOTE, **responses(404, 422)},
)
def read_checkpoint(here: Here, request: Request, log: LogId) -> Response:
    """Size and root of the log, signed. Every tile and bundle of it can be had."""
    data = here.logs.checkpoint(log)
    return _file(request, data, "text/plain; charset=utf-8", CHECK_AGAIN)


@router.head("/{log}/tile/{path:path}", include_in_schema=False)
@router.get(
    "/{log}/tile/{path:path}",
    summary="A tile, or a bundle of entries, of a log",
    response_class=Response,
    responses={200: _TILE, **responses(404, 422)},
)
def read_tile(here: Here, request: Request, log: LogId, path: TilePath) -> Response:
    """Hashes of the tree, or entries. A partial tile may be gone once there is the full one."""
    data = here.logs.tile(log, path)
    return _file(
        request,
        data,
        "application/octet-stream",
        FOR_EVER,
        compressed=path.startswith("entries/") and _takes_gzip(request),
    )


def _file(
    request: Request, data: bytes, media_type: str, kept: str, *, compressed: bool = False
) -> Response:
    """The file, or that it is still the same (RFC 9110 section 13.1.2)."""
    tag = f'"{sha256(data).hexdigest()[:32]}{"-gzip" if compressed else ""}"'
    headers = {"Cache-Control": kept, "ETag": tag, "Vary": "Accept-Encoding"}
    known = request.headers.get("If-None-Match", "").split(",")
    if {tag, "*"} & {one.strip().removeprefix("W/") for one in known}:
        return Response(status_code=304, headers=headers)
    if compressed:
        data = gzip.compress(data, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return Response(data, media_type=media_type, headers=headers)


def _takes_gzip(request: Request) -> bool:
    """Whether the client says that it takes gzip (RFC 9110 section 12.5.3)."""
    for offer in request.headers.get("Accept-Encoding", "").lower().split(","):
        coding, _, weight = offer.partition(";")
        if coding.strip() == "gzip":
            return weight.strip().removeprefix("q=") not in ("0", "0.0", "0.00", "0.000")
    return False
