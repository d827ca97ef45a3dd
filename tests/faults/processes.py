"""Processes of `tem` that a test starts, kills and sees dying."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Self

KILLED = -signal.SIGKILL
POLL = 0.01


class Processes:
    """Starts commands of `tem` in milliseconds (tests.faults.zygote); kills all at its end."""

    def __init__(self) -> None:
        self._lock = Lock()

    def __enter__(self) -> Self:
        self._zygote = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.zygote"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
            start_new_session=True,  # Ctrl-C at the terminal ends the test, which ends this
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._zygote.communicate()
        assert self._zygote.returncode == 0

    def start(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        before: str | None = None,
    ) -> Process:
        """`tem` with these arguments and settings; ``log`` gets what it prints.

        ``before`` names a function, ``module:function``, that the process calls first.
        """
        order = {
            "arguments": list(arguments),
            "environment": dict(environment),
            "log": str(log),
            "before": before,
        }
        return Process(self, self.ask(order)["pid"], log)

    def ask(self, order: dict[str, Any]) -> dict[str, Any]:
        """One order to the zygote, and its answer."""
        assert self._zygote.stdin is not None
        assert self._zygote.stdout is not None
        with self._lock:
            print(json.dumps(order), file=self._zygote.stdin, flush=True)
            answer: dict[str, Any] = json.loads(self._zygote.stdout.readline())
        return answer


@dataclass
class Process:
    """A running `tem`; ``code`` is its exit code once it has ended, negative for a signal."""

    processes: Processes
    pid: int
    log: Path
    code: int | None = None
    started: float = field(default_factory=time.monotonic)

    def running(self) -> bool:
        """Whether it still runs."""
        if self.code is None:
            self.code = self.processes.ask({"pid": self.pid})["code"]
        return self.code is None

    def ended(self, seconds: float) -> int:
        """Wait for its end, at most that long; its exit code."""
        end = time.monotonic() + seconds
        while self.running():
            assert time.monotonic() < end, f"process {self.pid} still runs: {self.said()}"
            time.sleep(POLL)
        assert self.code is not None
        return self.code

    def kill(self) -> int:
        """SIGKILL; its exit code, which is another than KILLED if it had ended by itself."""
        if self.code is None:
            os.kill(self.pid, signal.SIGKILL)  # not waited for yet, so the id is its own
        return self.ended(10)

    def said(self) -> str:
        """The end of what it printed."""
        return self.log.read_text(errors="replace")[-3000:]
