"""The embedded chain: started, stopped, killed, started again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from anchor.chain import embedded
from anchor.chain.embedded import EmbeddedChain, anvil_binary
from anchor.chain.node import Node
from anchor.clock import system_clock
from tests.integration.anchor.programs import STARTER, fake
from verifier.errors import ChainUnavailable, ConfigurationError


def test_it_runs_on_a_port_of_its_own_and_ends(binary: Path, tmp_path: Path) -> None:
    with EmbeddedChain(binary, tmp_path / "a") as one, EmbeddedChain(binary, tmp_path / "b") as two:
        assert one.port != two.port
        assert one.process is not None
        for chain in (one, two):
            Node(chain.network()).check()
        process = one.process
        assert process.poll() is None
    assert process.returncode is not None
    with pytest.raises(ChainUnavailable):
        Node(one.network()).head()


def test_it_makes_blocks_by_itself(binary: Path, tmp_path: Path) -> None:
    with EmbeddedChain(binary, tmp_path) as chain:
        node = Node(chain.network())
        assert node.fresh_head(20).number > 0


def test_it_goes_on_where_it_was_stopped(binary: Path, tmp_path: Path) -> None:
    with EmbeddedChain(binary, tmp_path) as chain:
        node = Node(chain.network())
        node.request("anvil_mine", 50)
        genesis, head = node.genesis(), node.head()
    with EmbeddedChain(binary, tmp_path) as chain:
        node = Node(chain.network(genesis))
        node.check()
        assert node.head(head.number) == head


def test_its_first_block_stays_and_its_clock_is_todays(binary: Path, tmp_path: Path) -> None:
    founded, now = 1_700_000_000, system_clock()
    with EmbeddedChain(binary, tmp_path, clock=lambda: founded) as chain:
        first = Node(chain.network()).head(0)
    assert first.time == founded
    for _ in range(3):
        with EmbeddedChain(binary, tmp_path) as chain:
            node = Node(chain.network(first.hash))
            node.check()
            assert node.fresh_head(20).time >= now


def test_it_comes_back_after_being_killed(binary: Path, tmp_path: Path) -> None:
    with EmbeddedChain(binary, tmp_path) as chain:
        genesis = Node(chain.network()).genesis()
        state = tmp_path / "state.json"
        while not state.exists():
            Node(chain.network()).fresh_head(20)
        assert chain.process is not None
        chain.process.kill()
        chain.process.wait()
        with pytest.raises(ChainUnavailable):
            Node(chain.network()).head()
    with EmbeddedChain(binary, tmp_path) as chain:
        Node(chain.network(genesis)).check()


def test_a_folder_is_held_by_one_chain(binary: Path, tmp_path: Path) -> None:
    with EmbeddedChain(binary, tmp_path):
        with pytest.raises(ConfigurationError) as caught:
            EmbeddedChain(binary, tmp_path).start()
        assert caught.value.code == "chain_in_use"
    with EmbeddedChain(binary, tmp_path):
        pass


def test_a_chain_whose_starter_was_killed_keeps_its_folder(binary: Path, tmp_path: Path) -> None:
    """Two chains on one state would destroy it; the message says which process to stop."""
    starter = subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", STARTER, str(binary), str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert starter.stdin is not None
    assert starter.stdout is not None
    orphan = int(starter.stdout.readline())
    starter.kill()
    starter.communicate()
    try:
        with pytest.raises(ConfigurationError) as caught:
            EmbeddedChain(binary, tmp_path).start()
    finally:
        os.kill(orphan, signal.SIGKILL)
    assert caught.value.code == "chain_in_use"
    assert f"({orphan})" in caught.value.message


def test_it_is_stopped_when_its_block_fails(binary: Path, tmp_path: Path) -> None:
    chain = EmbeddedChain(binary, tmp_path)
    chain.start()
    process = chain.process
    with pytest.raises(ZeroDivisionError), chain_of(chain):
        raise ZeroDivisionError
    assert process is not None
    assert process.returncode is not None
    assert chain.process is None
    chain.stop()


class chain_of:  # noqa: N801 - reads as a context manager
    """Leaves a chain that was started before."""

    def __init__(self, chain: EmbeddedChain) -> None:
        self.chain = chain

    def __enter__(self) -> None: ...

    def __exit__(self, *error: object) -> None:
        self.chain.__exit__(None, None, None)


@pytest.mark.parametrize(
    "program",
    [
        "raise SystemExit('no such option')",
        "print('Listening on 0.0.0.0:8545')",
        "",
    ],
)
def test_a_program_that_does_not_come_up_is_named_so(tmp_path: Path, program: str) -> None:
    chain = EmbeddedChain(fake(tmp_path, program), tmp_path / "state")
    for _ in range(2):  # the folder is free again
        with pytest.raises(ChainUnavailable) as caught:
            chain.start()
        assert caught.value.code == "chain_not_started"
    assert chain.process is None


def test_a_taken_port_is_refused(binary: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(ChainUnavailable) as caught:
            EmbeddedChain(binary, tmp_path, port=port).start()
    assert caught.value.code == "chain_not_started"
    assert "in use" in caught.value.message


def test_a_program_that_ignores_us_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "STOP_SECONDS", 0.05)
    pid = tmp_path / "pid"
    program = (
        "import os, pathlib, signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        f"pathlib.Path({str(pid)!r}).write_text(str(os.getpid()))\n"
        "print('Listening on 127.0.0.1:1', flush=True); signal.pause()"
    )
    with pytest.raises(ChainUnavailable):  # nobody answers there
        EmbeddedChain(fake(tmp_path, program), tmp_path / "state").start()
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


def test_the_binary_is_named_when_it_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        anvil_binary(tmp_path)
    assert caught.value.code == "anvil_missing"
    assert str(tmp_path) in caught.value.message
