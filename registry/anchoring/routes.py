"""`/metrics`: what Prometheus reads."""

from __future__ import annotations

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from registry.http import Here

router = APIRouter(include_in_schema=False)


@router.get("/metrics")
def metrics(here: Here) -> Response:
    """The metrics in Prometheus' text format."""
    return Response(generate_latest(here.metrics), media_type=CONTENT_TYPE_LATEST)
