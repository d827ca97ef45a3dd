"""`tem audit`: what it prints and exits with, on one core and on all."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from registry.cli import app
from tests.static_logs import PublishedLog, chain_of, flip, statement, statements
from tests.unit.verifier.nodes import FakeNode, at_view, result
from tests.world import BODY, KEY, LOG, STRANGER, TRUST, ed25519_key
from verifier import audit_pool
from verifier.audit import Terms, audit, in_order
from verifier.audit_entries import Rules
from verifier.audit_pool import ALONE, in_parallel
from verifier.audit_tree import Batch
from verifier.note import NoteKey
from verifier.published import Folder
from verifier.static_log import LogUnreadable, StaticLog
from verifier.view import snapshot
from verifier.view.state import ChainState

SIZE = 300
SIZES = (1, 256, SIZE)
TEM = Path(sys.executable).with_name("tem")
Run = Callable[..., Result]


@pytest.fixture
def log(tmp_path: Path) -> PublishedLog:
    return PublishedLog(tmp_path / "public" / "logs" / LOG.hex(), list(statements(SIZE))).publish()


@pytest.fixture
def trust(tmp_path: Path) -> Path:
    path = tmp_path / "trust.json"
    path.write_bytes(TRUST.encode())
    return path


def tem(*arguments: str | Path, **environment: str) -> Result:
    unset = {name: None for name in os.environ if name.startswith("TEM_")}
    return CliRunner().invoke(app, ["audit", *map(str, arguments)], env={**unset, **environment})


def against(chain: ChainState, trust: Path) -> list[str | Path]:
    """Options for that chain as a snapshot."""
    key = ed25519_key("snapshots")
    path = trust.with_name("chain.snapshot")
    path.write_bytes(snapshot.write(chain, "test.example/snapshot", key))
    name = NoteKey("test.example/snapshot", key.public_key().public_bytes_raw())
    return ["--trust", trust, "--snapshot", path, "--snapshot-key", str(name)]


def test_a_sound_log(log: PublishedLog, trust: Path) -> None:
    ran = tem(log.folder, *against(chain_of(log, SIZES), trust))
    assert ran.exit_code == 0, ran.stderr
    assert "clean" in ran.stdout
    assert f"of {BODY.did}" in ran.stdout
    assert "3 anchors" in ran.stdout
    assert "not checked" not in ran.stdout


def test_without_a_chain_it_says_what_was_not_checked(log: PublishedLog) -> None:
    ran = tem(log.folder)
    assert ran.exit_code == 0, ran.stderr
    for part in ("the entries' signatures", "the checkpoint, against the chain",
                 "every anchored root"):  # fmt: skip
        assert f"{part}: not checked: no chain was asked" in ran.stdout


def test_what_is_wrong_is_named(log: PublishedLog, trust: Path) -> None:
    view = chain_of(log, SIZES)
    log.entries[7] = statement(8)
    log.publish()
    flip(log.folder / "tile/0/001.p/44")
    ran = tem(log.folder, *against(view, trust))
    assert ran.exit_code == 1, ran.stderr
    assert re.search(r"tile/0/001\.p/44: .* tile_differs", ran.stdout)
    assert re.search(r"tile/entries/000, entry 8: .*V26\.00008.* number_repeated", ran.stdout)
    assert re.search(r"chain, entry 1: .* 256 entries.* anchor_differs", ran.stdout)


def test_of_many_findings_some_are_shown(log: PublishedLog) -> None:
    log.entries[1:] = [statement(number, iss="did:web:other.test") for number in range(1, SIZE)]
    ran = tem(log.publish().folder)
    assert ran.exit_code == 1
    assert ran.stdout.count("issuer_differs") == 21
    assert "and 279 more of issuer_differs" in ran.stdout


def test_json(log: PublishedLog, trust: Path) -> None:
    flip(log.folder / "tile/0/000")
    ran = tem(log.folder.parent.parent, *against(chain_of(log, SIZES), trust), "--json")
    (run,) = json.loads(ran.stdout)["logs"]
    assert (ran.exit_code, run["result"], run["log"], run["size"]) == (1, "wrong", LOG.hex(), SIZE)
    assert [(f["code"], f["file"]) for f in run["findings"]] == [("tile_differs", "tile/0/000")]


@pytest.mark.parametrize(
    ("options", "unchecked", "codes"),
    [
        ([], {}, {"number_repeated", "signature_invalid"}),
        (["--no-signatures"], {"signatures"}, {"number_repeated"}),
        (["--tree-only"], {"entries", "signatures"}, set()),
    ],
)
def test_less_deep(
    log: PublishedLog, trust: Path, options: list[str], unchecked: set[str], codes: set[str]
) -> None:
    log.entries[7], log.entries[9] = statement(7, STRANGER, kid=KEY.kid), statement(8)
    log.publish()
    ran = tem(log.folder, *against(chain_of(log, SIZES), trust), "--json", *options)
    (run,) = json.loads(ran.stdout)["logs"]
    assert ({*run["unchecked"]}, {*run["counts"]}) == ({*unchecked}, codes)
    assert ran.exit_code == bool(codes)


def test_the_worst_of_several_logs_counts(log: PublishedLog) -> None:
    PublishedLog(log.folder.with_name("0" * 64), list(statements(2))).publish()
    ran = tem(log.folder.parent.parent)
    assert ran.exit_code == 1
    assert ran.stdout.index("log_id_differs") < ran.stdout.index(" clean ")


def test_a_live_chain(log: PublishedLog, trust: Path) -> None:
    with FakeNode(chain_of(log, SIZES)) as node:
        ran = tem(log.folder, "--trust", trust, "--rpc", node.address)
        assert (ran.exit_code, node.asked.count("eth_call") > 5) == (0, True), ran.stdout
        node.fault = at_view("anchors", lambda _honest: result("0x"))
        ran = tem(log.folder, "--trust", trust, "--rpc", node.address, "--json")
        (run,) = json.loads(ran.stdout)["logs"]
        assert (ran.exit_code, run["counts"], node.fired) == (4, {"chain_other": 1}, 1)
    ran = tem(log.folder, "--trust", trust, "--rpc", node.address)
    assert ran.exit_code == 4
    assert "chain_unreachable" in ran.stdout
    assert "the tree, recomputed: checked" in ran.stdout


def test_two_nodes_that_differ(log: PublishedLog, trust: Path) -> None:
    forked = chain_of(log, (1, 200, SIZE))
    with FakeNode(chain_of(log, SIZES)) as one, FakeNode(forked) as other:
        ran = tem(log.folder, "--trust", trust, "--rpc", one.address, "--rpc", other.address)
    assert ran.exit_code == 4
    assert "chain_contradiction" in ran.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "exit_code"),
    [
        (["nowhere"], "source_unknown", 2),
        (["http://127.0.0.1:9"], "log_unreachable", 4),
        ([".", "--rpc", "http://127.0.0.1:9"], "trust_missing", 2),
        ([".", "--snapshot", "chain.snapshot"], "trust_missing", 2),
        ([".", "--trust", "nowhere.json"], "file_unreadable", 2),
    ],
)
def test_what_cannot_begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: str, exit_code: int
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = tem(*arguments)
    assert (ran.exit_code, f"[{code}]" in ran.stderr) == (exit_code, True), ran.stderr
    assert ran.stdout == ""


def test_nothing_that_a_terminal_obeys_is_printed(log: PublishedLog) -> None:
    renamed = log.folder.rename(log.folder.with_name("\x1b[31mred\u202e"))
    log.entries[7] = statement(7, sub="\x1b[2J")
    PublishedLog(renamed, log.entries).publish()
    ran = tem(renamed.parent.parent)
    assert "sub_invalid" in ran.stdout
    assert "\x1b" not in ran.stdout
    assert "\u202e" not in ran.stdout


def test_help_has_an_example() -> None:
    assert "Example: tem audit https://" in " ".join(tem("--help").stdout.split())


# ------------------------------------------------------------------------------------- all cores


def test_all_cores_find_what_one_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = list(statements(256 * 4 + 7))
    entries[5] = statement(5, STRANGER, kid=KEY.kid)
    entries[-5] = statement(1)
    entries[-4] = b"no statement"
    entries[-3] = statement(0, STRANGER, kid=KEY.kid)
    log = PublishedLog(tmp_path, entries).publish()
    files, view = StaticLog(Folder(log.folder)), chain_of(log, (1, len(entries)))
    monkeypatch.setattr(audit_pool, "ALONE", 1)
    alone, together = (
        audit(files, "log", None, Terms(view, 0, judge=judge)) for judge in (in_order, in_parallel)
    )
    assert together == alone
    assert [finding.code for finding in alone.findings.shown] == [
        "signature_invalid", "statement_tag", "signature_invalid", "number_repeated",
    ]  # fmt: skip
    assert multiprocessing.active_children() == []


def test_processes_that_are_killed_decide_nothing() -> None:
    killed = list[int]()

    def batches() -> Iterator[Batch]:
        for number in range(ALONE + 100):
            yield Batch("x", 256 * number, [b""])
            for process in multiprocessing.active_children():
                assert process.pid
                killed.append(process.pid)
                os.kill(process.pid, signal.SIGKILL)

    with pytest.raises(LogUnreadable) as error:
        list(in_parallel(batches(), Rules(None, None, 0, stale=False)))
    assert error.value.code == "audit_interrupted"
    assert killed
    assert multiprocessing.active_children() == []


def test_no_process_starts_for_a_short_log(monkeypatch: pytest.MonkeyPatch) -> None:
    started = list[object]()
    monkeypatch.setattr(audit_pool, "_no_main", lambda: started.append("process"))
    batches = iter([Batch("x", 0, [b""])] * ALONE)
    assert len(list(in_parallel(batches, Rules(None, None, 0, stale=False)))) == ALONE
    assert started == []


def wait_until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def group_is_gone(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_audit_ends_at_once_and_decides_nothing(
    tmp_path: Path, number: signal.Signals
) -> None:
    """It waits for the last bundle, a pipe, while the other processes are there."""
    entries = [b"entry %d" % index for index in range(256 * (ALONE + 20) + 7)]
    PublishedLog(tmp_path, entries).publish()
    bundle = tmp_path / f"tile/entries/{ALONE + 20:03}.p/7"
    bundle.unlink()
    os.mkfifo(bundle)
    environment = {n: v for n, v in os.environ.items() if not n.startswith("TEM_")}
    process = subprocess.Popen(  # noqa: S603
        [TEM, "audit", tmp_path], env=environment, text=True, stderr=subprocess.PIPE,
        stdout=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    with bundle.open("wb"):  # opens when the audit does
        os.killpg(process.pid, number)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert out == ""
    assert "Traceback" not in err
    wait_until(lambda: group_is_gone(process.pid))
