"""SIGKILL at each named boundary, again and again, while two clients issue."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from anchor.failpoints import POINTS
from tests.faults.boundaries import sweep
from tests.faults.clients import Ledger
from tests.faults.places import Place
from tests.faults.processes import Processes

TIMES = (1, 2, 3, 5, 8, 13, 21)


@pytest.mark.parametrize("point", POINTS)
def test_killed_at(
    point: str,
    place: Place,
    processes: Processes,
    result: Callable[..., None],
) -> None:
    begin = time.monotonic()
    swept = sweep(processes, place, Ledger(), [(point, times) for times in TIMES], every=3)
    assert swept.kills == len(TIMES)
    result(kills=swept.kills, records=swept.records, seconds=round(time.monotonic() - begin))
