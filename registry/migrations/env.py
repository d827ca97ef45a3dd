"""Alembic's entry: runs on the connection, and in the transaction, of whoever called it."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlmodel import AutoString, SQLModel


def _render(kind: str, value: Any, _context: Any) -> str | Literal[False]:
    """Write SQLModel's text columns as what they are, so that revisions need no SQLModel."""
    return "sa.String()" if kind == "type" and isinstance(value, AutoString) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_item=_render,
)
context.run_migrations()
