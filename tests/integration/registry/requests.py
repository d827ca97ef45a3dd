"""Requests for certificates, as a laboratory's program sends them."""

from __future__ import annotations

from typing import Any

from registry.certificates.routes import example

VERIFICATION = "urn:tem:cert:verification:1"


def certificate(number: str = "V26.1", **changes: Any) -> dict[str, Any]:
    """An acceptable request; ``changes`` replace members, and fields under ``fields``."""
    request = example(VERIFICATION)
    del request["issued"]
    fields = {**request["fields"], **changes.pop("fields", {})}
    return {
        **request,
        "number": number,
        "scope": "verification/scales",
        **changes,
        "fields": fields,
    }
