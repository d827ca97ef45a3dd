"""Publishing that dies, runs out of space, is watched or done by several at once."""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import resource
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest
from sqlalchemy import Engine

from anchor import failpoints
from anchor.database import open_database
from tests.integration.anchor import published
from tests.integration.anchor.published import LOG, files, fill, noted, published_at, publisher
from verifier.errors import TemError


@pytest.fixture
def public(tmp_path: Path) -> Path:
    return tmp_path / "public"


@pytest.fixture(scope="module")
def processes() -> ForkServerContext:
    """Processes that begin in milliseconds, because the program is imported already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def url(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=False)


def _publish_and_die(database: str, public: Path, point: str) -> None:
    os.environ[failpoints.VARIABLE] = point
    publisher(open_database(database), public).publish(LOG)


# From 250 to 600 entries: three bundles, three tiles and one above them.
@pytest.mark.parametrize(
    "point",
    [
        "publish.file.before:1",
        "publish.file.after:1",
        "publish.file.before:4",
        "publish.file.after:7",
        "publish.checkpoint.before:1",
        "publish.checkpoint.after:1",
        "database.commit.before:1",
        "database.commit.after:1",
    ],
)
def test_nothing_is_lost_when_it_dies(
    engine: Engine, public: Path, processes: ForkServerContext, point: str
) -> None:
    published_at(engine, public, 250)
    fill(engine, 600)
    child = processes.Process(target=_publish_and_die, args=(url(engine), public, point))
    child.start()
    child.join()
    assert child.exitcode == -signal.SIGKILL
    shown = point.startswith(("publish.checkpoint.after", "database"))
    assert published.readable(public) == (600 if shown else 250)
    assert noted(engine) == (600 if point.startswith("database.commit.after") else 250)
    assert publisher(engine, public).publish(LOG) == 600 == noted(engine)
    assert files(public) == published.expected(250, 600)


def test_it_may_die_again_and_again(
    engine: Engine, public: Path, processes: ForkServerContext
) -> None:
    """Every attempt finds a larger log, so that each leaves other narrow tiles behind."""
    for size in (10, 200, 300, 301, 600):
        fill(engine, size)
        point = "publish.checkpoint.before:1"
        child = processes.Process(target=_publish_and_die, args=(url(engine), public, point))
        child.start()
        child.join()
        assert child.exitcode == -signal.SIGKILL
        assert published.readable(public) == noted(engine) == 0
    assert publisher(engine, public).publish(LOG) == 600 == published.readable(public)
    assert {name for name in files(public) if ".p/" in name and "/1/" not in name} == {
        "tile/0/002.p/88",
        "tile/entries/002.p/88",
    }


@contextmanager
def little_room(limit: int) -> Iterator[None]:
    """The system ends every file at ``limit`` bytes: as on a full disk, part of it is written."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_it_waits_for_space(engine: Engine, public: Path) -> None:
    before = published_at(engine, public, 250)
    fill(engine, 600)
    with little_room(8000), pytest.raises(TemError) as caught:
        publisher(engine, public).publish(LOG)
    assert caught.value.code == "publish_failed"
    assert caught.value.place == str(published.folder(public) / "tile/0/000")
    assert caught.value.message.startswith("File too large. ")
    assert (files(public), noted(engine)) == (before, 250)
    assert publisher(engine, public).publish(LOG) == 600
    assert files(public) == published.expected(250, 600)


def _publish_all(database: str, public: Path, size: int) -> None:
    """Publish again and again, until there is nothing more; it never goes backwards."""
    worker, reached = publisher(open_database(database), public), 0
    while reached < size:
        now = worker.publish(LOG)
        assert now >= reached
        reached = now


def test_a_reader_sees_whole_trees_while_several_publish(
    engine: Engine, public: Path, processes: ForkServerContext
) -> None:
    published_at(engine, public, 200)
    sizes, seen = range(200, 600, 7), [200]
    arguments = (url(engine), public, sizes[-1])
    children = [processes.Process(target=_publish_all, args=arguments) for _ in range(3)]
    for child in children:
        child.start()
    for number, size in enumerate(sizes):
        fill(engine, size)
        seen.append(published.readable(public))
        while number % 8 == 0 and seen[-1] < size:
            assert any(child.is_alive() for child in children)
            seen.append(published.readable(public))
    for child in children:
        child.join()
    assert [child.exitcode for child in children] == [0, 0, 0]
    assert seen == sorted(seen)
    assert published.readable(public) == noted(engine) == sizes[-1]


def test_one_publishes_and_the_other_says_what_is_known(engine: Engine, public: Path) -> None:
    published_at(engine, public, 100)
    fill(engine, 300)
    before = files(public)
    with (public / ".publishing" / LOG.hex() / "lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert publisher(engine, public).publish(LOG) == 100 == noted(engine)
        assert files(public) == before
    assert publisher(engine, public).publish(LOG) == 300


def test_threads_share_a_publisher(engine: Engine, public: Path) -> None:
    fill(engine, 1)
    worker, failed = publisher(engine, public), list[BaseException]()

    def publish() -> None:
        try:
            while worker.publish(LOG) < 400:
                pass
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=publish) for _ in range(3)]
    for thread in threads:
        thread.start()
    for size in range(2, 401, 9):
        fill(engine, size)
    fill(engine, 400)
    for thread in threads:
        thread.join()
    assert failed == []
    assert published.readable(public) == 400


class Disk:
    """What a disk would still have after a power cut at the worst moment: a file's bytes only once
    the file was fsynced, its name and a folder's only once the folder around it was."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, public: Path) -> None:
        self.public = public
        self.whole, self.named = set[int](), set[Path]()
        self.cuts = 0
        self._fsync, self._replace = os.fsync, Path.replace

        def replace(old: Path, new: Path) -> Path:
            return self.replace(old, new)

        monkeypatch.setattr(os, "fsync", self.fsync)
        monkeypatch.setattr(Path, "replace", replace)

    def fsync(self, descriptor: int) -> None:
        self._fsync(descriptor)
        found = Path(os.readlink(f"/proc/self/fd/{descriptor}"))
        if found.is_dir():
            self.named.update(found.iterdir())
        else:
            self.whole.add(os.fstat(descriptor).st_ino)

    def replace(self, old: Path, new: Path) -> Path:
        assert old.stat().st_ino in self.whole, new
        self.named.discard(new)
        done = self._replace(old, new)
        if new.name == "checkpoint":
            self.cut()
        return done

    def cut(self) -> None:
        """With the new checkpoint, everything of its tree has to be there."""
        self.cuts += 1
        for path in self.public.rglob("*"):
            if path.name != "checkpoint" and published.folder(self.public) in path.parents:
                assert path in self.named, path
        assert {self.public / "logs", published.folder(self.public)} <= self.named


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs the names of open files")
def test_the_tree_is_on_disk_before_its_checkpoint(
    engine: Engine, public: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    public.mkdir()
    worker = publisher(engine, public)
    disk = Disk(monkeypatch, public)
    sizes = (1, 2, 255, 256, 257, 600)
    for size in sizes:
        fill(engine, size)
        worker.publish(LOG)
        assert published.folder(public) / "checkpoint" in disk.named
    assert disk.cuts == len(sizes)


def test_folders_of_an_attempt_that_died_are_brought_to_disk(
    engine: Engine, public: Path, processes: ForkServerContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    published_at(engine, public, 250)
    fill(engine, 600)
    point = "publish.file.after:7"
    child = processes.Process(target=_publish_and_die, args=(url(engine), public, point))
    child.start()
    child.join()
    assert child.exitcode == -signal.SIGKILL
    disk = Disk(monkeypatch, public)
    publisher(engine, public).publish(LOG)
    assert disk.cuts == 1
