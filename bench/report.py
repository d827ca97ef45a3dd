"""Tables of results: on the terminal, and in docs/performance.md."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench" / "results"
PAGE = ROOT / "docs" / "performance.md"
TITLES = {
    "appends": "Appends",
    "proofs": "Proof of any record",
    "audit": "Audit",
}

_BEGIN, _END = "<!-- results -->", "<!-- end of results -->"


def console_table(name: str, rows: Sequence[dict[str, Any]]) -> Table:
    """The rows of one benchmark for a terminal."""
    table = Table(*(column.replace("_", " ") for column in rows[0]), title=TITLES[name])
    for row in rows:
        table.add_row(*(_cell(value) for value in row.values()))
    return table


def write_page() -> None:
    """Renew the tables of the page from the kept results; the words around them stay."""
    head, _, rest = PAGE.read_text().partition(_BEGIN)
    tail = rest.partition(_END)[2]
    parts = [_section(name) for name in TITLES if (RESULTS / f"{name}.json").exists()]
    PAGE.write_text(f"{head}{_BEGIN}\n" + "\n".join(parts) + f"{_END}{tail}")


def _section(name: str) -> str:
    result = json.loads((RESULTS / f"{name}.json").read_text())
    machine, rows = result["machine"], result["rows"]
    columns = list(rows[0])
    lines = [
        f"## {TITLES[name]}",
        f"{machine['cores']} cores ({machine['processor']}), Python {machine['python']}, load "
        f"{machine['load'][0]} before and {result['load_after'][0]} after, "
        f"{machine['fsyncs_per_second']} fsyncs/s.",
        "",
        "| " + " | ".join(column.replace("_", " ") for column in columns) + " |",
        "|" + "---|" * len(columns),
        *("| " + " | ".join(_cell(row[column]) for column in columns) + " |" for row in rows),
        "",
    ]
    return "\n".join(lines)


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, (int, float)) else str(value)
