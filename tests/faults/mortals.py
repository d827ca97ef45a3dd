"""What a registry stands on, to be killed: its chain, and its PostgreSQL."""

from __future__ import annotations

import itertools
import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import psycopg

from anchor.chain.embedded import EmbeddedChain
from tests.databases import READY_SECONDS, PostgresServer
from tests.faults.kills import Mortal
from tests.faults.registries import Registry


class MortalChain:
    """An embedded chain of which kill -9 takes the last second."""

    def __init__(self, chain: EmbeddedChain) -> None:
        self._chain = chain

    def kill(self) -> None:
        """SIGKILL anvil."""
        assert self._chain.process is not None
        self._chain.process.kill()
        assert self._chain.process.wait() == -signal.SIGKILL

    def revive(self) -> None:
        """Start it again on its last state, at the same address."""
        self._chain.stop()
        self._chain.start()


class OwnChain:
    """The embedded chain that a registry runs itself, and has to start again by itself.

    A registry that found it running, because the one before was killed, only uses it: then the
    registry is killed with it, as always in a ``power_cut``.
    """

    def __init__(self, registry: Registry, *, power_cut: bool = False) -> None:
        self._registry, self._power_cut = registry, power_cut
        self._both = power_cut

    def kill(self) -> None:
        """SIGKILL it, and the registry if that does not keep it alive."""
        pid = self._pid()
        self._both = self._power_cut or _parent(pid) != self._registry.running.pid
        os.kill(pid, signal.SIGKILL)
        if self._both:
            self._registry.kill()

    def revive(self) -> None:
        """Start the registry again, if it was killed too."""
        if self._both:
            self._registry.revive()

    def end(self) -> None:
        """Kill it when its registry is dead."""
        os.kill(self._pid(), signal.SIGKILL)

    def _pid(self) -> int:
        """The running anvil, which holds the folder's lock."""
        lock, end = self._registry.place.settings().chain / "lock", time.monotonic() + READY_SECONDS
        while True:
            with suppress(OSError, ValueError):
                pid = int(lock.read_text())
                if b"anvil" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    return pid
            self._registry.supervise()
            assert time.monotonic() < end, "no chain runs"
            time.sleep(0.02)


def _parent(pid: int) -> int:
    """Of a running process (proc_pid_stat(5))."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


class Together:
    """Several that die at the same moment, and come back one after the other."""

    def __init__(self, *parts: Mortal) -> None:
        self._parts = parts

    def kill(self) -> None:
        """Kill all."""
        for part in self._parts:
            part.kill()

    def revive(self) -> None:
        """Start all again, the first first."""
        for part in self._parts:
            part.revive()


class MortalPostgres(PostgresServer):
    """A durable server of which the first process is killed, or one that serves a connection, at
    which PostgreSQL itself stops all others and recovers."""

    def __init__(self) -> None:
        super().__init__(durable=True)
        self._turns = itertools.count()

    def kill(self) -> None:
        """SIGKILL, in turn to the first process and to one of a connection."""
        assert self.process is not None
        backend = self._newest_backend() if next(self._turns) % 2 else None
        if backend is None:
            self.process.kill()
            assert self.process.wait() == -signal.SIGKILL
        else:
            os.kill(backend, signal.SIGKILL)

    def revive(self) -> None:
        """Start it again if it has ended, and wait until it has recovered."""
        assert self.process is not None
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        end = time.monotonic() + READY_SECONDS
        while self._connection is None:
            try:
                if self.process.poll() is None:
                    self._connection = self._connected()
                else:
                    self.start()
            except AssertionError:  # refused while processes of the dead one are left
                assert time.monotonic() < end, (self.folder / "log").read_text()[-3000:]

    def _newest_backend(self) -> int | None:
        """The process of the connection that was made last, except our own."""
        query = (
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' "
            "AND datname <> 'postgres' ORDER BY backend_start DESC LIMIT 1"
        )
        with psycopg.connect(self.url("postgres")) as connection:
            row = connection.execute(query).fetchone()
        return None if row is None else int(row[0])
