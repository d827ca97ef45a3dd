"""The disk is full: what cannot be written is refused, what was acknowledged stays, and once there
is room everything goes on by itself."""

from __future__ import annotations

import os
import resource
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

import registry.database
from anchor import status, store
from anchor.chain.embedded import EmbeddedChain
from anchor.clock import system_clock
from anchor.database import open_database, reading
from registry.app import create_app
from registry.running import anchoring
from registry.serving import listening, serving
from tests.faults.clients import Client, Ledger
from tests.faults.invariants import await_settled, require_all, require_audit
from tests.faults.places import INTERVAL, Place, found
from tests.faults.processes import Processes
from tests.faults.registries import Registry, require_foreseen

PATIENCE = 60.0
MEGABYTE = 1 << 20
REFUSED = {"database_unavailable", "outcome_unknown"}


def await_true(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


@contextmanager
def client_of(url: str, place: Place, ledger: Ledger) -> Iterator[Client]:
    with Client("D", [url], place.api_key, ledger) as client:
        yield client


@contextmanager
def served(place: Place) -> Iterator[str]:
    """The registry in this process, and where it serves."""
    with (
        listening("127.0.0.1", 0) as listener,
        place.opened() as here,
        anchoring(here, INTERVAL),
        serving(create_app(here.services), listener),
    ):
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def tmpfs(folder: Path, size: int) -> Iterator[Path]:
    """A file system of ``size`` bytes; skips the test where nobody may mount one."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0777", "tmpfs", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    except FileNotFoundError:
        pytest.skip("there is no mount: the disk cannot be filled here")
    if done.returncode != 0:
        pytest.skip(f"the disk cannot be filled here, mount is refused: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)  # noqa: S603, S607


@contextmanager
def filled(folder: Path) -> Iterator[None]:
    """Not a byte more fits on the disk of ``folder``."""
    ballast = folder / "ballast"
    with pytest.raises(OSError, match="No space left"):
        _fill(ballast)
    try:
        yield
    finally:
        ballast.unlink()


def _fill(file: Path) -> None:
    with file.open("wb", buffering=0) as ballast:
        while True:
            ballast.write(bytes(512))


def issue_until_refused(client: Client, ledger: Ledger) -> tuple[str, str]:
    """Issue until a request fails; its key and number."""
    for number in range(5000):
        asked = f"key full {number}", f"full.{number}"
        if client.ask(*asked) is None:
            assert not ledger.faults, ledger.faults
            return asked
    raise AssertionError("it was never full")


def trouble(place: Place) -> str | None:
    """What the worker says of itself, to another process too."""
    with _engine(place) as engine:
        (worker,) = status.status(engine, system_clock()).workers
    return worker.trouble


def sizes(place: Place) -> tuple[int, int]:
    """The log's size, and how much of it is published."""
    with _engine(place) as engine, reading(engine) as session:
        state = store.state(session, place.log)
    return state.size, state.published


@contextmanager
def _engine(place: Place) -> Iterator[Engine]:
    engine = open_database(place.database)
    try:
        yield engine
    finally:
        engine.dispose()


class PageLimit:
    """SQLite's own limit of its file: ``PRAGMA max_page_count``, 1 for "as it is now"."""

    def __init__(self) -> None:
        self.pages = MEGABYTE

    def open(self, url: str) -> Engine:
        engine = open_database(url)
        event.listen(engine, "checkout", self._apply)
        return engine

    def _apply(self, connection: object, _record: object, _proxy: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {self.pages}")  # type: ignore[attr-defined]


def test_a_database_that_may_not_grow(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    if not place.database.startswith("sqlite"):
        pytest.skip("max_page_count is SQLite's")
    limit, ledger = PageLimit(), Ledger()
    monkeypatch.setattr(registry.database, "open_database", limit.open)
    with served(place) as url, client_of(url, place, ledger) as client:
        first = client.issue()
        limit.pages = 1
        refused = issue_until_refused(client, ledger)
        assert set(ledger.failed) == {"database_unavailable"}
        assert first is not None
        assert client.ask("key D.1", first.number) == first, "what is acknowledged can be asked for"
        limit.pages = MEGABYTE
        assert client.ask(*refused) is not None
        await_settled(place)
        require_all(place, ledger)


def test_a_full_disk_under_the_database(tmp_path: Path, chain: EmbeddedChain) -> None:
    ledger = Ledger()
    with tmpfs(tmp_path / "small", 4 * MEGABYTE) as small:
        url = f"sqlite:///{small / 'tem.db'}"
        place = found(tmp_path / "registry", chain.network().rpcs[0], url)
        with served(place) as at, client_of(at, place, ledger) as client:
            assert client.issue() is not None
            with filled(small):
                refused = issue_until_refused(client, ledger)
                assert set(ledger.failed) <= REFUSED
            assert client.ask(*refused) is not None
            await_settled(place)
            require_all(place, ledger)


def test_a_full_disk_under_the_published_files(tmp_path: Path, place: Place) -> None:
    ledger = Ledger()
    with tmpfs(tmp_path / "small", MEGABYTE) as small:
        place = replace(place, public=small / "public")
        with served(place) as url, client_of(url, place, ledger) as client:
            assert client.issue() is not None
            await_settled(place)
            with filled(small):
                published = sizes(place)[1]
                for _ in range(20):
                    assert client.issue() is not None, "issuing goes on"
                await_true(lambda: trouble(place) == "publish_failed")
                assert sizes(place) == (published + 20, published)
                require_audit(place)  # what stands there is as whole as before
            await_settled(place)  # and only then is it anchored
            await_true(lambda: trouble(place) is None)
            assert require_all(place, ledger).records == 22


def test_a_process_that_may_write_no_larger_file(place: Place, processes: Processes) -> None:
    """RLIMIT_FSIZE instead of a full disk, which nobody has to be allowed to mount."""
    ledger, registry_ = Ledger(), Registry(processes, place)
    with registry_.serving() as process, client_of(registry_.url, place, ledger) as client:
        assert client.issue() is not None
        await_settled(place)
        free = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (600, free[1]))
        if place.database.startswith("sqlite"):
            issue_until_refused(client, ledger)
            assert set(ledger.failed) <= REFUSED
        else:
            for _ in range(5):
                assert client.issue() is not None, "issuing goes on"
            await_true(lambda: trouble(place) == "publish_failed")
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, free)
        assert client.ask("key full 0", "full.0") is not None
        await_settled(place)
        require_all(place, ledger)
        assert os.path.getsize(registry_.log) > 0
    require_foreseen(registry_.log)
