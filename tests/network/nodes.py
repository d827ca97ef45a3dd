"""Validators as processes: started, killed, stopped for a while, brought back."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from anchor.chain.network import Network
from anchor.chain.node import Node
from anchor.errors import NodeFault
from tests.network import genesis
from tests.network.genesis import DENOM
from verifier.errors import ChainUnavailable, ConfigurationError

CHAIN_ID = 262144
"""The EVM's, built into evmd."""
START_SECONDS = 60.0
POLL = 0.05


class Validator:
    """One validator and its folder. It outlives whoever started it; ``stop`` finds it again.

    A running validator holds its folder's lock, with its process id in it.
    """

    def __init__(self, evmd: Path, home: Path) -> None:
        self.home, self.number = home, int(home.name.rpartition("-")[2])
        self.ports = genesis.ports(home)
        self._evmd = evmd
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def rpc(self) -> str:
        """The address of its JSON-RPC."""
        return f"http://127.0.0.1:{self.ports.rpc}"

    def pid(self) -> int | None:
        """Its process, or None if it does not run."""
        if self._child is not None and self._child.poll() is not None:
            self._child = None
        with (self.home / "lock").open("a+") as lock:
            while not _take(lock):
                lock.seek(0)
                if written := lock.read():
                    return int(written)
                time.sleep(POLL)  # it is being started
        return None

    def start(self, peers: Sequence[str]) -> None:
        """Start it, to be connected to ``peers`` (id@host:port).

        Raises ConfigurationError (``network_in_use``) if it runs.
        """
        with (self.home / "lock").open("a+") as lock, (self.home / "log").open("ab") as log:
            if not _take(lock):
                said = f"{self.home.name} runs already: `stop` first."
                raise ConfigurationError("network_in_use", said, "folder")
            lock.truncate(0)
            self._child = subprocess.Popen(  # noqa: S603 - our own program, no shell
                self._command(peers),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=[lock.fileno()],
            )
            lock.write(str(self._child.pid))

    def kill(self) -> None:
        """End it at once, as a power cut does; returns when it is gone.

        There is no gentler way: evmd never ends by itself while it keeps an index for JSON-RPC.
        """
        self.signal(signal.SIGKILL)
        self.await_end()

    def await_end(self) -> None:
        """Return when it is gone."""
        while self.pid() is not None:
            time.sleep(POLL)

    def pause(self) -> None:
        """Let it stand still, listening and answering nothing."""
        self.signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on after ``pause``."""
        self.signal(signal.SIGCONT)

    def height(self) -> int | None:
        """Number of its newest block; None if it does not answer."""
        try:
            return Node(Network((self.rpc,), CHAIN_ID, timeout=2.0)).head().number
        except (ChainUnavailable, NodeFault):
            return None

    def peers(self) -> int | None:
        """How many others it is connected to; None if it does not answer."""
        address = f"http://127.0.0.1:{self.ports.status}/net_info"
        try:
            with urllib.request.urlopen(address, timeout=2.0) as answer:
                found: dict[str, Any] = json.load(answer)
        except OSError:
            return None
        return int(found["result"]["n_peers"])

    def last_words(self) -> str:
        """The end of its log."""
        with (self.home / "log").open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - 1500))
            return log.read().decode(errors="replace")

    def signal(self, number: int) -> None:
        """Send it a signal if it runs."""
        if (pid := self.pid()) is not None:
            os.kill(pid, number)

    def _command(self, peers: Sequence[str]) -> list[str]:
        here = "127.0.0.1"
        settings = {
            "--home": str(self.home),
            "--chain-id": genesis.COSMOS_ID,
            "--minimum-gas-prices": f"0{DENOM}",
            "--pruning": "nothing",
            "--p2p.laddr": f"tcp://{here}:{self.ports.peers}",
            "--p2p.persistent_peers": ",".join(peers),
            "--rpc.laddr": f"tcp://{here}:{self.ports.status}",
            "--json-rpc.address": f"{here}:{self.ports.rpc}",
            "--json-rpc.ws-address": f"{here}:{self.ports.websocket}",
            "--log_level": "info",
            "--log_no_color": "true",
        }
        flags = ["--json-rpc.enable", "--json-rpc.enable-indexer", "--grpc.enable=false"]
        flags += ["--grpc-web.enable=false"]
        return [str(self._evmd), "start", *flags, *(f"{k}={v}" for k, v in settings.items())]


class BftNetwork:
    """The validators of a chain in one folder, made by ``genesis.make``.

    ``lines``: they reach each other by the ports of ``links.Links`` instead of directly.
    """

    def __init__(self, evmd: Path, folder: Path, *, lines: bool = False) -> None:
        homes = sorted(folder.glob("validator-*"))
        if not homes:
            said = f"No network is in {folder}: `start` makes one."
            raise ConfigurationError("network_missing", said, "folder")
        self.validators = [Validator(evmd, home) for home in homes]
        self._lines = lines

    @property
    def faults(self) -> int:
        """f: how many validators may fail."""
        return (len(self.validators) - 1) // 3

    def start(self, *numbers: int) -> None:
        """Start those that are named, or all, and wait until they answer.

        Raises ChainUnavailable (``chain_not_started``) with the last words of one that does not.
        """
        for validator in self._named(numbers):
            validator.start(self._peers(validator))
        for validator in self._named(numbers):
            _await_answer(validator)

    def kill(self, *numbers: int) -> None:
        """Kill those that are named, or all, as nearly at once as can be."""
        for validator in self._named(numbers):
            validator.signal(signal.SIGKILL)
        for validator in self._named(numbers):
            validator.await_end()

    def network(self, *numbers: int) -> Network:
        """The settings to reach the chain by those that are named, or by all."""
        return Network(tuple(one.rpc for one in self._named(numbers)), CHAIN_ID, timeout=5.0)

    def height(self) -> int:
        """The newest block's number at any of them; 0 if none answers."""
        return max(validator.height() or 0 for validator in self.validators)

    def _named(self, numbers: Sequence[int]) -> list[Validator]:
        return [self.validators[number] for number in numbers] or self.validators

    def _peers(self, validator: Validator) -> list[str]:
        return [
            f"{genesis.peer_id(other.home)}@127.0.0.1:"
            f"{validator.ports.lines[other.number] if self._lines else other.ports.peers}"
            for other in self.validators
            if other is not validator
        ]


def _await_answer(validator: Validator) -> None:
    end = time.monotonic() + START_SECONDS
    while validator.height() is None:
        if time.monotonic() > end or validator.pid() is None:
            said = f"{validator.home.name} does not answer: {validator.last_words()}"
            raise ChainUnavailable("chain_not_started", said, "chain")
        time.sleep(POLL)


def _take(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
