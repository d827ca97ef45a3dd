"""Runs benchmarks, keeps what came out as JSON, and writes the tables of docs/performance.md.

Example: python -m bench appends proofs
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from bench import appends, audit, machine, proofs, report

BENCHMARKS: dict[str, Callable[[], Iterator[dict[str, Any]]]] = {
    "appends": appends.run,
    "proofs": proofs.run,
    "audit": audit.run,
}


def main() -> None:
    """Run what is named, or everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=_Formatter)
    parser.add_argument("names", nargs="*", choices=[[], *BENCHMARKS], help="which; all if none")
    names = parser.parse_args().names or list(BENCHMARKS)
    console = Console(stderr=True)
    for name in names:
        with Progress(console=console, transient=True) as progress:
            progress.add_task(name, total=None)
            result = measure(BENCHMARKS[name])
        report.RESULTS.mkdir(exist_ok=True)
        (report.RESULTS / f"{name}.json").write_text(json.dumps(result, indent=2) + "\n")
        Console().print(report.console_table(name, result["rows"]))
    report.write_page()


def measure(benchmark: Callable[[], Iterator[dict[str, Any]]]) -> dict[str, Any]:
    """The rows of a benchmark, with the machine and its load before and after."""
    with tempfile.TemporaryDirectory() as folder:
        before = machine.describe(Path(folder))
        rows = list(benchmark())
        return {"machine": before, "load_after": machine.load(), "rows": rows}


class _Formatter(argparse.RawDescriptionHelpFormatter):
    pass


if __name__ == "__main__":
    main()
