"""The registry's HTTP service: routers, errors, documentation."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from registry import problems
from registry.anchoring.routes import router as anchoring
from registry.certificates.routes import router as certificates
from registry.http import Services
from registry.logs.routes import router as logs
from registry.proofs.routes import router as proofs
from registry.types.routes import router as types

DESCRIPTION = """\
A registry of certificates that anyone can check without trusting its keeper.

Every error is application/problem+json (RFC 9457) with a stable `code` and the `place` that it
points at. Bodies are JSON without floats: numbers with a fraction are strings.
"""


def create_app(services: Services) -> FastAPI:
    """The service over ``services``, ready to be served."""
    app = _application()
    app.state.services = services
    return app


def openapi_document() -> dict[str, Any]:
    """The service's OpenAPI document, as it is committed in registry/openapi.json."""
    return _application().openapi()


class _Application(FastAPI):
    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            document = super().openapi()
            document["components"]["schemas"] |= problems.schemas()
        return super().openapi()


def _application() -> FastAPI:
    app = _Application(
        title="Tem registry",
        version="1",
        description=DESCRIPTION,
        docs_url=None,  # these pages would load their scripts from elsewhere
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
    )
    problems.install(app)
    for router in (certificates, proofs, types, logs, anchoring):
        app.include_router(router)
    return app
