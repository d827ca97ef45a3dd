"""The record types that this verifier knows: one folder each, holding its JSON Schema.

The schema says which fields are public (they stand in the claims, where nobody can leave them
out), restricted or personal (they travel as disclosures), which scope a record needs, which field
ends its validity, and which facts its statement repeats.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType
from typing import Any

FIELD_CLASSES = ("public", "restricted", "personal")


@dataclass(frozen=True, slots=True)
class RecordType:
    """What the checks ask of one version of one type.

    ``expires`` is the field with the last valid day, ``expiring`` the outcomes for which it may
    not be missing.
    """

    vct: str
    scope: str
    outcomes: frozenset[str]
    expires: str | None
    expiring: frozenset[str]
    facts: tuple[str, ...]
    required: frozenset[str]
    public: frozenset[str]
    hidden: frozenset[str]
    schema: Mapping[str, Any]

    @classmethod
    def from_schema(cls, schema: Mapping[str, Any]) -> RecordType:
        """Read a type from its JSON Schema (the annotations ``x-tem``, ``x-class``)."""
        classes = {name: field["x-class"] for name, field in schema["properties"].items()}
        if not set(classes.values()) <= set(FIELD_CLASSES):
            raise ValueError(f"{schema['$id']}: a field's x-class is not one of {FIELD_CLASSES}")
        public = frozenset(name for name, kind in classes.items() if kind == "public")
        expiry = schema["x-tem"]["expires"]
        return cls(
            vct=schema["$id"],
            scope=schema["x-tem"]["scope"],
            outcomes=frozenset(schema["x-outcomes"]),
            expires=expiry["field"] if expiry else None,
            expiring=frozenset(expiry["outcomes"] if expiry else ()),
            facts=tuple(schema["x-tem"]["facts"]),
            required=frozenset(schema["required"]) & public,
            public=public,
            hidden=frozenset(classes) - public,
            schema=schema,
        )


def _load() -> Mapping[str, RecordType]:
    folders = sorted((f for f in files(__name__).iterdir() if f.is_dir()), key=lambda f: f.name)
    schemas = (f.joinpath("schema.json") for f in folders)
    types = [
        RecordType.from_schema(json.loads(s.read_text("utf-8"))) for s in schemas if s.is_file()
    ]
    return MappingProxyType({known.vct: known for known in types})


KNOWN: Mapping[str, RecordType] = _load()
