"""Running `tem restore`, and what it does or leaves as it was."""

from __future__ import annotations

from pathlib import Path

from tests.integration.registry.backup.conftest import Place, Rows


def refused(place: Place, *arguments: str | Path, exit_code: int = 1, **changed: str) -> str:
    """What the command says; it has changed nothing."""
    before = place.rows(), place.files()
    done = place.tem("restore", *arguments, **changed)
    assert done.exit_code == exit_code, done.output
    assert "Traceback" not in done.output
    assert (place.rows(), place.files()) == before
    return done.stderr


def brought(place: Place, *arguments: str | Path, **changed: str) -> str:
    done = place.tem("restore", *arguments, **changed)
    assert done.exit_code == 0, done.output
    return done.stdout


def whole(rows: Rows) -> dict[str, object]:
    """What a log is made of, without what is counted or remembered beside it."""
    logs = [row[:7] for row in rows["logs"]]
    records = [row[:4] for row in rows["records"]]
    return {"logs": logs, "records": records, "entries": rows["entries"], "tiles": rows["tiles"]}
