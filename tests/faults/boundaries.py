"""Killing a registry at a boundary that it reaches while clients issue, and what holds after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.faults.clients import Ledger, Load
from tests.faults.invariants import await_settled, require_all
from tests.faults.places import Place
from tests.faults.processes import KILLED, Processes
from tests.faults.registries import Registry, require_foreseen

CLIENTS = 2
PATIENCE = 60.0


@dataclass(frozen=True)
class Swept:
    """How often the registry died at a boundary, and how many records it holds."""

    kills: int
    records: int


def sweep(
    processes: Processes,
    place: Place,
    ledger: Ledger,
    deaths: Sequence[tuple[str, int]],
    *,
    every: int = 1,
) -> Swept:
    """Let the registry die at each (point, n-th time), and start it again.

    It has to die there, and what has to hold holds after every so many deaths. ``ledger`` holds
    what was ever acknowledged here.
    """
    registry = Registry(processes, place)
    for first in range(0, len(deaths), every):
        with Load([registry.url], place.api_key, ledger, CLIENTS, f"S{first}", pause=0.02):
            for point, times in deaths[first : first + every]:
                process = registry.start(f"{point}:{times}")
                code = process.ended(PATIENCE)
                assert code == KILLED, f"{point} was not reached: {code}, {process.said()}"
            registry.start()
            registry.await_serving()
        await_settled(place)
        held = require_all(place, ledger)
        registry.kill()
    require_foreseen(registry.log)
    return Swept(len(deaths), held.records)
