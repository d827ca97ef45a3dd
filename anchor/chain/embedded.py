"""The embedded chain: anvil as a child process, with its state on disk.

For the demonstration, ``tem serve`` on one machine, and the tests. One process holds a folder at
a time; the folder keeps the state, so that the chain goes on where it stood.
"""

from __future__ import annotations

import fcntl
import platform
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import IO, Self

from anchor.chain import chain_state
from anchor.chain.network import Network
from anchor.chain.node import Node
from anchor.clock import system_clock
from verifier.errors import ChainUnavailable, ConfigurationError

CHAIN_ID = 31337
READY_SECONDS = 30.0
STOP_SECONDS = 10.0

_LISTENING = re.compile(r"Listening on 127\.0\.0\.1:(\d+)")
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}


def anvil_binary(node_modules: Path) -> Path:
    """The real anvil below ``node_modules``: npm's wrapper would leave it behind when killed.

    Raises ConfigurationError (``anvil_missing``).
    """
    machine = _MACHINES.get(platform.machine(), platform.machine())
    binary = node_modules / "@foundry-rs" / f"anvil-{sys.platform}-{machine}" / "bin" / "anvil"
    if not binary.is_file():
        raise ConfigurationError(
            "anvil_missing", f"There is no {binary}: run `make setup`.", "node_modules"
        )
    return binary


class EmbeddedChain:
    """An anvil on 127.0.0.1, to be used as a context manager or with ``start`` and ``stop``.

    ``folder`` keeps its state; ``port`` 0 lets the system choose a free one, anew at each start;
    ``block_time`` is in seconds, as is ``clock`` since 1970. ``process`` is the running child.
    """

    def __init__(
        self,
        binary: Path,
        folder: Path,
        chain_id: int = CHAIN_ID,
        port: int = 0,
        block_time: int = 1,
        clock: Callable[[], int] = system_clock,
    ) -> None:
        self.binary, self.folder = binary, folder
        self.chain_id, self.block_time = chain_id, block_time
        self.port = port
        self.process: subprocess.Popen[str] | None = None
        self._wanted_port, self._clock = port, clock
        self._lock: IO[str] | None = None
        self._reader: Thread | None = None

    def network(self, genesis: bytes | None = None) -> Network:
        """The settings to reach this chain, once it is started."""
        return Network((f"http://127.0.0.1:{self.port}",), self.chain_id, genesis)

    def start(self) -> Self:
        """Start anvil and wait until it listens.

        Raises ConfigurationError (``chain_in_use``) if another process holds the folder, and
        ChainUnavailable (``chain_not_started``), with its last words, if it does not come up.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = _hold(self.folder / "lock")
        try:
            self._launch(self._lock)
        except BaseException:
            self.stop()
            raise
        return self

    def restart(self) -> None:
        """Start an anvil that has ended by itself again, on the same port.

        Raises ChainUnavailable (``chain_not_started``), after which it may be tried again.
        """
        if self._lock is None:
            raise ChainUnavailable("chain_not_started", "The chain was stopped.", "chain")
        self._wanted_port = self.port
        self._end()
        try:
            self._launch(self._lock)
        except BaseException:
            self._end()
            raise

    def stop(self) -> None:
        """Stop anvil, which then writes its state; kill it if it does not within ten seconds."""
        self._end()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _launch(self, lock: IO[str]) -> None:
        chain_state.prepare(self.folder)
        self.process = subprocess.Popen(  # noqa: S603 - our own binary, no shell
            self._command(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # Ctrl-C at the terminal leaves stopping it to us
            pass_fds=[lock.fileno()],  # it holds the folder even if we are killed
        )
        lock.truncate(0)
        lock.write(str(self.process.pid))
        lock.flush()
        self._await_ready(self.process)
        # Its clock begins at the chain's first moment; from here on it is today's.
        Node(self.network()).request("evm_setTime", self._clock())

    def _end(self) -> None:
        process, self.process = self.process, None
        if process is not None:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._reader is not None:
            self._reader.join()
            self._reader = None
        if process is not None and process.stdout is not None:
            process.stdout.close()

    def _command(self) -> list[str]:
        # Each start makes a block 0, and its hash is part of what a verifier trusts: it has to be
        # the same, down to its time.
        first = self.folder / "genesis-time"
        if not first.exists():
            first.write_text(str(self._clock()))
        settings = {
            "timestamp": int(first.read_text()),
            "host": "127.0.0.1",
            "port": self._wanted_port,
            "accounts": 0,
            "gas-price": 0,
            "base-fee": 0,
            "block-time": self.block_time,
            "slots-in-an-epoch": 1,
            "chain-id": self.chain_id,
            "state": self.folder / chain_state.STATE,
            "state-interval": 1,
        }
        return [
            str(self.binary),
            *(str(part) for name, value in settings.items() for part in (f"--{name}", value)),
        ]

    def _await_ready(self, process: subprocess.Popen[str]) -> None:
        """Read until anvil names its port, and go on reading, so that it never blocks."""
        said, ports, ready = list[str](), list[int](), Event()

        def read() -> None:
            for line in process.stdout or ():
                if not ports:
                    said.append(line)
                if found := _LISTENING.search(line):
                    ports.append(int(found[1]))
                    ready.set()
            ready.set()

        self._reader = Thread(target=read, daemon=True)
        self._reader.start()
        if not ready.wait(READY_SECONDS) or not ports:
            raise ChainUnavailable(
                "chain_not_started", f"anvil does not listen: {''.join(said)[-500:]}", "chain"
            )
        self.port = ports[0]


def _hold(path: Path) -> IO[str]:
    """Take the folder; the system gives it back when the last process that holds it ends."""
    handle = path.open("a+")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        handle.seek(0)
        holder = handle.read() or "starting"
        handle.close()
        raise ConfigurationError(
            "chain_in_use",
            f"A process ({holder}) runs the chain in {path.parent}: stop it first.",
            "folder",
        ) from error
    handle.truncate(0)
    return handle
