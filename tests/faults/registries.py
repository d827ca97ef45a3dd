"""`tem serve` as a process of its own, over a place, to be killed and started again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from anchor.failpoints import VARIABLE
from registry.cli import REFUSED
from tests.faults.places import Place, free_port
from tests.faults.processes import KILLED, Process, Processes
from verifier.cli import WRONG_USE

READY_SECONDS = 60.0
POLL = 0.01


@dataclass
class Registry:
    """One server over ``place``; others may run over the same one.

    ``settings`` are further settings of it, without their prefix. ``process`` is the newest run.
    A registry that cannot start because what it stands on is dead says so and ends; with
    ``supervised`` it is started again, as a service manager would, else that is a fault. ``ended``
    counts it.
    """

    processes: Processes
    place: Place
    port: int = field(default_factory=free_port)
    settings: dict[str, str] = field(default_factory=dict)
    supervised: bool = False
    process: Process | None = None
    ended: int = 0

    @property
    def url(self) -> str:
        """Where it serves, whenever it runs."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def running(self) -> Process:
        """The newest run."""
        assert self.process is not None
        return self.process

    def start(self, failpoint: str | None = None, before: str | None = None) -> Process:
        """Start it, and wait for nothing. ``failpoint`` is ``point:n`` at which it kills itself."""
        environment = self.place.environment(self.port, **self.settings)
        if failpoint is not None:
            environment[VARIABLE] = failpoint
        self.process = self.processes.start(["serve"], environment, self.log, before)
        return self.process

    def kill(self) -> None:
        """SIGKILL, which has to be what ends it."""
        while self.running.kill() != KILLED:
            self.supervise()

    def supervise(self) -> None:
        """Start it again if it has ended by itself, and that was to be expected."""
        if self.running.running():
            return
        code, said = self.running.code, self.running.said()
        assert self.supervised, said
        assert code in (REFUSED, WRONG_USE), said
        self.ended += 1
        self.start()

    def revive(self) -> None:
        """Start it again."""
        self.start()

    def await_serving(self) -> None:
        """Wait until it answers."""
        end = time.monotonic() + READY_SECONDS
        while not self.answers():
            assert self.running.running(), self.running.said()
            assert time.monotonic() < end, self.running.said()
            time.sleep(POLL)

    def answers(self) -> bool:
        """Whether it answers now."""
        try:
            return httpx.get(f"{self.url}/api/v1/types", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    @property
    def log(self) -> Path:
        """What all its runs have printed."""
        return self.place.folder / f"serve-{self.port}.log"

    @contextmanager
    def serving(self) -> Iterator[Process]:
        """It runs during the block, and is killed at the end."""
        process = self.start()
        try:
            self.await_serving()
            yield process
        finally:
            if self.running.running():
                self.kill()


def require_foreseen(log: Path) -> None:
    """Whatever happened, the program had an answer: no error reached the web server or a thread."""
    said = log.read_text(errors="replace")
    for sign in ("Exception in ASGI application", "Exception in thread"):
        place = said.find(sign)
        assert place < 0, said[max(0, place - 500) : place + 5000]
