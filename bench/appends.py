"""Appends per second: by batch size, by number of processes, and through the sequencer."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from statistics import median
from typing import Any

from anchor import store
from anchor.batch import Entry, Part
from anchor.database import open_database, writing
from anchor.sequencer import Sequencer
from bench.logs import KINDS, NOW, create, database, entries, prepared

BATCHES = (1, 10, 100, 1_000, 10_000)
PROCESSES = (1, 2, 4)
CLIENTS = (1, 8, 40)
REPEATS = 5
SECONDS = 1.0


def run() -> Iterator[dict[str, Any]]:
    """One row a setting: median, least and most of five runs of a second each."""
    for kind in KINDS:
        for batch in BATCHES:
            yield _row(kind, "one process", batch, _batches(kind, batch, 1))
        for processes in PROCESSES:
            name = f"{processes} processes on one log"
            yield _row(kind, name, 100, _batches(kind, 100, processes))
        for clients in CLIENTS:
            yield _row(kind, f"sequencer, {clients} clients", 1, _sequenced(kind, clients))


def _row(kind: str, how: str, batch: int, rates: list[float]) -> dict[str, Any]:
    return {
        "database": kind,
        "how": how,
        "batch": batch,
        "appends_per_second": round(median(rates)),
        "least": round(min(rates)),
        "most": round(max(rates)),
    }


def _batches(kind: str, batch: int, processes: int) -> list[float]:
    with database(kind) as url:
        with prepared(url) as engine:
            log = create(engine, "one")
        context = multiprocessing.get_context("spawn")
        with context.Pool(processes) as pool:
            return [
                sum(pool.starmap(_append, [(url, log, batch, (run, n)) for n in range(processes)]))
                for run in range(REPEATS)
            ]


def _append(url: str, log: bytes, batch: int, writer: tuple[int, int]) -> float:
    """Appends a second of one process."""
    engine, first = open_database(url), 0
    number = writer[0] * max(PROCESSES) + writer[1]
    with writing(engine) as session:
        store.state(session, log)  # connects before the time counts
    begin = time.perf_counter()
    while (spent := time.perf_counter() - begin) < SECONDS:
        with writing(engine) as session:
            store.append(session, log, entries(first, batch, number), NOW)
        first += batch
    engine.dispose()
    return first / spent


def _add(entry: Entry, part: Part) -> int:
    return part.add(entry)


def _sequenced(kind: str, clients: int) -> list[float]:
    with database(kind) as url, prepared(url) as engine:
        log = create(engine, "one")
        sequencer = Sequencer(engine, lambda: NOW)

        def client(number: int) -> int:
            count, end = 0, time.perf_counter() + SECONDS
            while time.perf_counter() < end:
                sequencer.submit(log, partial(_add, entries(count, 1, number)[0]))
                count += 1
            return count

        with ThreadPoolExecutor(clients) as pool:
            return [
                sum(pool.map(client, range(run * clients, (run + 1) * clients))) / SECONDS
                for run in range(REPEATS)
            ]
