"""The record types over HTTP, and the API's own description."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from registry.app import openapi_document
from registry.certificates.routes import EXAMPLES
from tests.integration.registry.conftest import Service
from verifier.types import KNOWN


def test_types_are_listed_with_their_schemas(service: Service) -> None:
    listed = service.http.get("/api/v1/types").json()
    assert [one["type"] for one in listed] == list(KNOWN)
    assert [one["type"] for one in listed if one["issued_here"]] == list(EXAMPLES)
    for one in listed:
        answer = service.http.get(one["schema_link"])
        assert answer.headers["Content-Type"] == "application/schema+json"
        assert answer.json() == KNOWN[one["type"]].schema


def test_an_unknown_type(service: Service) -> None:
    answer = service.http.get("/api/v1/types/urn:tem:cert:verification:9")
    assert (answer.status_code, answer.json()["code"]) == (404, "type_unknown")


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (v for k, v in value.items() if k == "$ref")
        for item in value.values():
            yield from _references(item)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)


def test_the_api_describes_itself_whole(service: Service) -> None:
    document = service.http.get("/openapi.json").json()
    assert document == openapi_document()
    for reference in _references(document):
        name = re.fullmatch("#/components/schemas/([A-Za-z]+)", reference)
        assert name, reference
        assert name[1] in document["components"]["schemas"]
    operations = [op for path in document["paths"].values() for op in path.values()]
    for operation in operations:
        assert operation["summary"]
        assert operation["description"]
        for status, answer in operation["responses"].items():
            kinds = set(answer.get("content", {}))
            assert status < "300" or kinds <= {"application/problem+json"}, operation
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names)
