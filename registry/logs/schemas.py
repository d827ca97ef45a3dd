"""The shapes of the logs API."""

from __future__ import annotations

from pydantic import BaseModel, Field


class PublishedLog(BaseModel):
    """A log, and where its files are."""

    id: str = Field(
        description="Its id on the chain (hex).",
        examples=["5288bb2cd90f7014149558ae145ce124c21a5d2fb7023fa23b5ff269b822de51"],
    )
    origin: str = Field(examples=["tem.example/body"])
    did: str = Field(description="The body that writes to it.", examples=["did:web:body.example"])
    name: str = Field(description="The body's name.")
    size: int = Field(description="How many entries it has.")
    published: int = Field(description="How many of them stand in its files; 0: none yet.")
    url: str = Field(
        description="Where its files are (C2SP tlog-tiles): `checkpoint` and `tile/…` below it.",
        examples=["/logs/5288bb2cd90f7014149558ae145ce124c21a5d2fb7023fa23b5ff269b822de51"],
    )


class PublishedLogs(BaseModel):
    """All logs of this registry."""

    logs: list[PublishedLog]
