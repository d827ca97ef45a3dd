"""Killing at random while clients issue: what is killed, how often, and how soon all goes on."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median
from threading import Event, Thread
from types import TracebackType
from typing import Any, Protocol, Self

from registry import chain as registry_chain
from tests.faults.clients import Ledger, Load
from tests.faults.invariants import await_settled, require_all
from tests.faults.places import Place
from tests.faults.registries import Registry, require_foreseen
from verifier import Verdict, lookup, verify
from verifier.lookup import LookupFailed
from verifier.view.live import LiveChain

CLIENTS = 8
BETWEEN_CHECKS = 25
"""Kills after which everything is let come to rest, and checked."""

EARLY = 0.3
"""How often it is killed again while it starts."""
EARLY_SECONDS = 0.5
LATE_SECONDS = 0.5
PATIENCE = 90.0
POLL = 0.005


class Mortal(Protocol):
    """Something that can be killed and brought back."""

    def kill(self) -> None:
        """SIGKILL it."""

    def revive(self) -> None:
        """Start it again."""


@dataclass
class Tally:
    """What a stage came to; times in seconds."""

    kills: int = 0
    records: int = 0
    anchors: int = 0
    recoveries: list[float] = field(default_factory=list)
    rests: list[float] = field(default_factory=list)
    verdicts: dict[str, int] = field(default_factory=dict)
    sent_again: int = 0
    ended: int = 0

    def summary(self) -> dict[str, Any]:
        """As one line of the results."""
        return {
            "kills": self.kills,
            "records": self.records,
            "anchors": self.anchors,
            "recovery_median": round(median(self.recoveries), 2),
            "recovery_max": round(max(self.recoveries), 2),
            "caught_up_median": round(median(self.rests), 2),
            "caught_up_max": round(max(self.rests), 2),
            "verdicts": self.verdicts,
            "sent_again": self.sent_again,
            "ended_by_themselves": self.ended,
        }


class Onlooker:
    """Judges records all the time: they may be not provable now, but never false."""

    def __init__(self, place: Place, urls: Sequence[str], ledger: Ledger, seed: int) -> None:
        self._urls, self._ledger = list(urls), ledger
        self._live = LiveChain(registry_chain.read_trust(place.settings()), [place.rpc], timeout=2)
        self._random = random.Random(f"{seed} onlooker")
        self._stop = Event()
        self._thread = Thread(target=self._run, name="onlooker")
        self.verdicts: dict[str, int] = {}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(0.05):
            for key, answer in self._ledger.sample(self._random):
                try:
                    data = lookup.fetch(self._random.choice(self._urls), answer.code, timeout=2)
                except LookupFailed as error:
                    self._count(error.code)
                    if error.code == "not_found":
                        self._ledger.fault(f"{key}: acknowledged, and not found")
                    continue
                report = verify(data, self._live.view(), int(time.time()))
                self._count(report.verdict.value)
                if report.verdict not in (Verdict.VALID, Verdict.UNVERIFIABLE):
                    self._ledger.fault(f"{key}: {report.to_json()}")

    def _count(self, what: str) -> None:
        self.verdicts[what] = self.verdicts.get(what, 0) + 1


class Stage:
    """Registries over one place, and what of it dies.

    ``ledger`` holds what was acknowledged here before, if anything.
    """

    def __init__(
        self,
        place: Place,
        registries: Sequence[Registry],
        victims: Sequence[Mortal],
        seed: int,
        ledger: Ledger | None = None,
    ) -> None:
        self._place, self._registries, self._victims = place, registries, victims
        self._seed, self._random = seed, random.Random(seed)
        self._tally, self._ledger = Tally(), Ledger() if ledger is None else ledger

    def run(self, kills: int, progress: Callable[[str], None]) -> Tally:
        """Kill one of the victims after the other, ``kills`` times, while eight clients issue.

        Everything is let come to rest and checked after every 25 kills.
        """
        place, tally, ledger = self._place, self._tally, self._ledger
        urls = [registry.url for registry in self._registries]
        for registry in self._registries:
            registry.start()
        with Onlooker(place, urls, ledger, self._seed) as onlooker:
            while tally.kills < kills:
                name = f"{self._seed}.{tally.kills}"
                with Load(urls, place.api_key, ledger, CLIENTS, name):
                    for _ in range(min(BETWEEN_CHECKS, kills - tally.kills)):
                        self._kill_one()
                    self._await_acknowledged(time.monotonic())
                    self._await_serving()
                self._rest()
                done = f"{tally.kills} of {kills} kills · {tally.records} records"
                progress(f"  {done} · seed {self._seed}")
        for registry in self._registries:
            registry.kill()
            require_foreseen(registry.log)
        assert not ledger.faults, ledger.faults[:5]
        tally.ended = sum(registry.ended for registry in self._registries)
        tally.verdicts, tally.sent_again = onlooker.verdicts, ledger.failed.total()
        return tally

    def _kill_one(self) -> None:
        victim = self._random.choice(self._victims)
        time.sleep(self._random.uniform(0, LATE_SECONDS))
        victim.kill()
        revived = time.monotonic()
        victim.revive()
        self._tally.kills += 1
        if self._random.random() < EARLY:
            time.sleep(self._random.uniform(0, EARLY_SECONDS))
        else:
            self._tally.recoveries.append(self._await_acknowledged(revived))

    def _await_acknowledged(self, moment: float) -> float:
        """Wait for the first acknowledgement after ``moment``; seconds from then."""
        end = time.monotonic() + PATIENCE
        while (found := self._ledger.first_after(moment)) is None:
            assert not self._ledger.faults, self._ledger.faults[:5]
            assert time.monotonic() < end, f"nothing is acknowledged: {self._ledger.failed}"
            self._supervise()
            time.sleep(POLL)
        return found

    def _await_serving(self) -> None:
        end = time.monotonic() + PATIENCE
        while not all(registry.answers() for registry in self._registries):
            assert time.monotonic() < end, "a registry does not serve"
            self._supervise()
            time.sleep(POLL)

    def _supervise(self) -> None:
        for registry in self._registries:
            registry.supervise()

    def _rest(self) -> None:
        begin = time.monotonic()
        await_settled(self._place)
        self._tally.rests.append(time.monotonic() - begin)
        held = require_all(self._place, self._ledger)
        self._tally.records, self._tally.anchors = held.records, held.anchors
