"""The shapes of the types API."""

from __future__ import annotations

from pydantic import BaseModel, Field


class Label(BaseModel):
    """A name in both languages."""

    vi: str
    en: str


class TypeSummary(BaseModel):
    """A version of a record type."""

    type: str = Field(examples=["urn:tem:cert:verification:1"])
    title: Label
    scope: str = Field(description="Scope that an issuer needs, or one below it.")
    outcomes: list[str]
    issued_here: bool = Field(description="Whether this registry takes requests for it.")
    schema_link: str = Field(description="Where its JSON Schema is.")
