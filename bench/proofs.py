"""How long the proof of any record takes in a log of a million entries."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from statistics import quantiles
from typing import Any

from anchor import store
from anchor.database import reading
from bench.logs import KINDS, create, database, fill, prepared
from verifier.merkle import leaf_hash, verify_inclusion

SIZE = 1_000_000
PROOFS = 2_000


def run() -> Iterator[dict[str, Any]]:
    """One row a database: milliseconds for a statement with its inclusion path, each verified."""
    for kind in KINDS:
        with database(kind) as url, prepared(url) as engine:
            log = create(engine, "million")
            begin = time.perf_counter()
            fill(engine, log, SIZE)
            filled = time.perf_counter() - begin
            chosen = random.Random(1)  # noqa: S311 - the same records each time
            with reading(engine) as session:
                root = store.state(session, log).root
            spent = list[float]()
            for _ in range(PROOFS):
                index = chosen.randrange(SIZE)
                start = time.perf_counter()
                with reading(engine) as session:
                    statement = store.statement(session, log, index)
                    path = store.inclusion_path(session, log, index, SIZE)
                spent.append((time.perf_counter() - start) * 1_000)
                verify_inclusion(leaf_hash(statement), index, SIZE, path, root)
            cuts = quantiles(spent, n=100)
            yield {
                "database": kind,
                "entries": SIZE,
                "filled_per_second": round(SIZE / filled),
                "p50_ms": round(cuts[49], 2),
                "p99_ms": round(cuts[98], 2),
                "most_ms": round(max(spent), 2),
            }
