"""The machine that a figure was measured on, and what else it was doing meanwhile."""

from __future__ import annotations

import os
import platform
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

PACKAGES = ("cryptography", "psycopg", "sqlalchemy", "uvicorn")


def describe(folder: Path) -> dict[str, Any]:
    """Processor, memory, versions, load, and how often ``folder``'s disk makes a write durable."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(memory / 2**30, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
        "load": load(),
        "fsyncs_per_second": round(fsyncs_per_second(folder)),
    }


def load() -> list[float]:
    """Load averages of the last 1, 5 and 15 minutes."""
    return [round(value, 2) for value in os.getloadavg()]


def fsyncs_per_second(folder: Path, times: int = 200) -> float:
    """How many small appends with fsync a second: the limit of one writer that commits alone."""
    path = folder / "fsync"
    with path.open("wb", buffering=0) as file:
        begin = time.perf_counter()
        for _ in range(times):
            file.write(bytes(512))
            os.fsync(file.fileno())
        spent = time.perf_counter() - begin
    path.unlink()
    return times / spent


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if not info.exists():
        return platform.processor()
    names = [line for line in info.read_text().splitlines() if line.startswith("model name")]
    return names[0].partition(":")[2].strip() if names else platform.machine()
