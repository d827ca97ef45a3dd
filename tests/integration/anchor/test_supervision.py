"""A chain that is kept alive: killed, stopped, taken over, with half of its state."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from anchor.chain import chain_state, supervision
from anchor.chain.embedded import EmbeddedChain
from anchor.chain.node import Node
from anchor.chain.supervision import kept_alive, taken_over
from tests.integration.anchor.programs import STARTER, answers, await_, fake
from verifier.errors import ChainUnavailable


def test_a_chain_whose_starter_was_killed_is_taken_over_when_it_ends(
    binary: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    starter = subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", STARTER, str(binary), str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert starter.stdout is not None
    orphan = int(starter.stdout.readline())
    starter.kill()
    starter.communicate()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    chain = EmbeddedChain(binary, tmp_path, port=port)
    with taken_over(chain):
        for _ in range(3):
            assert chain.process is None
            os.kill(orphan, 0)
        os.kill(orphan, signal.SIGKILL)
        await_(lambda: chain.process is not None and answers(chain))
        assert chain.port == port
    assert chain.process is None
    assert "it runs here" in caplog.text


def test_it_is_started_again_on_its_port_when_it_is_killed(
    binary: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with EmbeddedChain(binary, tmp_path) as chain, kept_alive(chain):
        port, first = chain.port, chain.process
        genesis = Node(chain.network()).genesis()
        for _ in range(2):
            killed = chain.process
            assert killed is not None
            killed.kill()
            await_(lambda killed=killed: chain.process not in (killed, None) and answers(chain))  # type: ignore[misc]
            assert chain.port == port
            Node(chain.network(genesis)).check()
        last = chain.process
        assert last is not None
        assert last is not first
    assert last.returncode is not None
    assert chain.process is None
    assert "ended by itself (-9)" in caplog.text
    assert caplog.text.count("runs again") == 2


def test_a_chain_that_is_stopped_stays_so(
    binary: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    chain = EmbeddedChain(binary, tmp_path)
    with chain, kept_alive(chain):
        pass
    assert chain.process is None
    assert caplog.records == []
    with pytest.raises(ChainUnavailable):
        chain.restart()


def test_a_chain_that_does_not_start_is_tried_again(
    binary: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervision, "LOOK", 0.01)
    with EmbeddedChain(binary, tmp_path) as chain:
        good, chain.binary = chain.binary, fake(tmp_path, "raise SystemExit('no')")
        with kept_alive(chain):
            assert chain.process is not None
            chain.process.kill()
            await_(lambda: caplog.text.count("does not start") >= 2)
            chain.binary = good
            await_(lambda: answers(chain))


@pytest.mark.parametrize("damage", ["half", "empty"])
def test_a_state_that_was_half_written_is_not_the_end(
    binary: Path, tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It goes on from the copy that was whole at its last start."""
    with EmbeddedChain(binary, tmp_path) as chain:
        node = Node(chain.network())
        node.request("anvil_mine", 20)
        old = node.head()
    with EmbeddedChain(binary, tmp_path) as chain:
        genesis = Node(chain.network()).genesis()
    state = tmp_path / "state.json"
    data = state.read_bytes()
    state.write_bytes(data[: len(data) // 2] if damage == "half" else b"")
    with EmbeddedChain(binary, tmp_path) as chain:
        node = Node(chain.network(genesis))
        node.check()
        assert node.head(old.number) == old
    assert "damaged" in caplog.text
    assert (tmp_path / "state.damaged.json").exists()


def test_a_state_without_a_copy_begins_anew(
    binary: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with EmbeddedChain(binary, tmp_path) as chain:
        genesis = Node(chain.network()).genesis()
    (tmp_path / "state.json").write_bytes(b"{")
    with EmbeddedChain(binary, tmp_path, block_time=86_400) as chain:
        node = Node(chain.network(genesis))
        node.check()
        assert node.head().number == 0
    assert "begins anew" in caplog.text


def test_its_state_is_copied_while_it_runs(
    binary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervision, "KEEP", 0.0)
    copy = tmp_path / "state.copy.json"
    with EmbeddedChain(binary, tmp_path) as chain, kept_alive(chain):
        await_(copy.exists)
    assert chain_state.keep(tmp_path)
