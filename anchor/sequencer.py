"""Group commit: requests to one log that arrive while a commit is running share the next one.

No thread of its own and no added waiting: the first of those who wait commits for all of them, the
rest sleep until they have their answer or are the first. Whoever waits holds no connection.
Several processes on one log wait for each other in the database.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from contextlib import nullcontext
from threading import Event, Lock
from typing import Any, Generic, TypeVar

from sqlalchemy import Engine

from anchor import store
from anchor.batch import Batch, Part
from anchor.database import is_unavailable, writing
from anchor.errors import StorageError

MAX_BATCH = 512
"""Requests in one transaction, so that none waits for an endless one."""

T = TypeVar("T")

_log = logging.getLogger(__name__)


class Sequencer:
    """Appends to the logs of one database. ``clock`` gives seconds since 1970."""

    def __init__(self, engine: Engine, clock: Callable[[], int]) -> None:
        self._engine, self._clock = engine, clock
        self._guard = Lock()
        # SQLite has one writer at a time, and lets the others poll: better to wait here.
        self._turn = Lock() if engine.dialect.name == "sqlite" else nullcontext()
        self._lines: dict[bytes, deque[_Waiting[Any]]] = {}
        """Who waits, by log; a log stands here while somebody is at its turn."""

    def submit(self, log: bytes, request: Callable[[Part], T]) -> T:
        """Run ``request`` in its part of a batch; returns what it returns once that is committed.

        What it raises is raised here, and has changed nothing; so is LogError (``log_unknown``).
        Raises StorageError: ``database_unavailable`` (nothing has changed), ``outcome_unknown``.
        ``request`` may run in another caller's thread, and may not submit anything itself.
        """
        waiting = _Waiting(request)
        try:
            self._join(log, waiting)
            waiting.sleep()
            if waiting.first:
                self._serve(log)
        except BaseException:
            self._leave(log, waiting)
            raise
        return waiting.answer()

    def _join(self, log: bytes, waiting: _Waiting[Any]) -> None:
        with self._guard:
            if log in self._lines:
                self._lines[log].append(waiting)
            else:
                waiting.wake(first=True)
                self._lines[log] = deque([waiting])

    def _serve(self, log: bytes) -> None:
        """Commit for all who wait by now, and let the next one be the first."""
        served = list[_Waiting[Any]]()
        try:
            with self._turn:
                with self._guard:
                    line = self._lines[log]
                    while line and len(served) < MAX_BATCH:
                        served.append(line.popleft())
                self._commit(log, served)
        finally:
            with self._guard:
                self._next(log)
            for one in served:
                one.wake()

    def _leave(self, log: bytes, waiting: _Waiting[Any]) -> None:
        """Nobody asks any more, because the thread that did was interrupted."""
        with self._guard:
            line = self._lines.get(log)
            if line is not None and waiting in line:
                line.remove(waiting)
                if waiting.first:
                    self._next(log)

    def _next(self, log: bytes) -> None:
        line = self._lines[log]
        if line:
            line[0].wake(first=True)
        else:
            del self._lines[log]

    def _commit(self, log: bytes, served: list[_Waiting[Any]]) -> None:
        """Run all requests in one transaction; every one has its answer afterwards."""
        committing = False
        try:
            with writing(self._engine) as session:
                batch = store.begin_batch(session, log, self._clock())
                for one in served:
                    one.run(batch)
                batch.finish()
                committing = True
        except BaseException as error:
            for one in served:
                one.fail(_failure(error, committing))
            what = "outcome unknown" if committing else "nothing recorded"
            _log.error("%s of a batch of %d requests", what, len(served), exc_info=error)
            if not isinstance(error, Exception):
                raise


class _Waiting(Generic[T]):
    """A request on its way to its answer."""

    def __init__(self, request: Callable[[Part], T]) -> None:
        self._request = request
        self._woken = Event()
        self._value: T
        self._error: Exception | None = None
        self.first = False

    def wake(self, *, first: bool = False) -> None:
        """Let its thread go on: with the answer, or as the ``first``, to commit for all."""
        self.first = first
        self._woken.set()

    def sleep(self) -> None:
        self._woken.wait()

    def run(self, batch: Batch) -> None:
        """Run it in a part of ``batch``. Raises only what has spoiled the whole batch."""
        refusal: Exception | None = None
        try:
            with batch.request() as part:
                try:
                    self._value = self._request(part)
                    part.session.flush()
                except Exception as error:
                    refusal = error
                    raise
        except Exception as error:
            if error is not refusal or batch.session.connection().invalidated:
                raise _unavailable() from error  # there is no way back to before the request
            self._error = _failure(error)
            if self._error is not error:
                _log.error("a request cannot be recorded", exc_info=error)

    def fail(self, error: Exception) -> None:
        self._error = error

    def answer(self) -> T:
        if self._error is not None:
            raise self._error
        return self._value


def _failure(error: BaseException, committing: bool = False) -> Exception:
    """What those who asked are told about ``error``."""
    if committing:
        failure = StorageError(
            "outcome_unknown",
            "Whether it was recorded is not known: send the same request again with the same "
            "Idempotency-Key, or look the number up.",
        )
    elif isinstance(error, Exception) and not is_unavailable(error):
        return error
    else:
        failure = _unavailable()
    failure.__cause__ = error
    return failure


def _unavailable() -> StorageError:
    return StorageError(
        "database_unavailable",
        "The database cannot record this now. Nothing was changed: send it again.",
    )
