"""Reading requests strictly, and knowing in whose name they come."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from email.message import Message
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from fastapi.routing import APIRoute
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from prometheus_client import CollectorRegistry
from sqlalchemy import Engine

from registry.certificates.service import CertificateService
from registry.errors import RequestError, Unauthenticated
from registry.logs.service import LogService
from registry.organisations import access
from registry.organisations.store import Organisation
from registry.proofs.service import ProofService
from verifier.encoding import parse_json

MAX_BODY = 256 * 1024


@dataclass(frozen=True, slots=True)
class Services:
    """What the routes work with. ``host`` is the host name in QR codes, ``metrics`` what
    ``/metrics`` shows."""

    engine: Engine
    certificates: CertificateService
    proofs: ProofService
    logs: LogService
    host: str
    metrics: CollectorRegistry = field(default_factory=CollectorRegistry)


def _services(request: Request) -> Services:
    found: Services = request.app.state.services
    return found


Here = Annotated[Services, Depends(_services)]

_bearer = HTTPBearer(auto_error=False, description="API key of an organisation: `tem_…`.")
_Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


def _caller(here: Here, credentials: _Credentials) -> Organisation | None:
    """The organisation whose API key the request carries, or None without one."""
    if credentials is None:
        return None
    return access.organisation_of(here.engine, credentials.credentials)


def _issuer(caller: Annotated[Organisation | None, Depends(_caller)]) -> Organisation:
    if caller is None:
        raise Unauthenticated("api_key_missing", "Send an API key as Bearer.", "Authorization")
    return caller


Caller = Annotated[Organisation | None, Depends(_caller)]
Issuer = Annotated[Organisation, Depends(_issuer)]


class JsonRoute(APIRoute):
    """A route whose JSON body is read as strictly as a proof file is (verifier.encoding)."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        if self.body_field is None:
            return handle

        async def read_strictly(request: Request) -> Response:
            return await handle(await _JsonRequest.read(request))

        return read_strictly


class _JsonRequest(Request):
    """A request whose body was read and parsed before any other code sees it."""

    @classmethod
    async def read(cls, request: Request) -> _JsonRequest:
        content_type = Message()
        content_type["content-type"] = request.headers.get("content-type", "")
        if content_type.get_content_type() != "application/json":
            raise RequestError("content_type", "Send application/json.", "Content-Type")
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY:
                raise RequestError("body_too_large", f"Over {MAX_BODY} bytes.")
        read = cls(request.scope, request.receive)
        read._body, read._json = body, parse_json(body, "")
        return read
