"""What a worker cannot get past: said once when it begins, again ever more seldom, and at its end.

Each line says what to do. Whoever looks from another process reads it in the worker's row.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from anchor.chain import anchor_store
from anchor.chain.models import WorkerRow
from anchor.database import writing
from verifier.errors import TemError

SAY_AGAIN = 60.0
"""Seconds after which a trouble is said again; then after twice as long each time, …"""

SAY_AT_LEAST = 3600.0
"""… but at least once an hour."""

WRITE_SECONDS = 10.0
"""How often a worker writes that it is there, while nothing changes: each time is an fsync."""

_ADVICE = {
    "chain_unreachable": "Records go on being issued and published, and are anchored when the "
    "chain answers: start its node, or correct the RPC addresses.",
    "chain_stalled": "Records go on being issued and published, and are anchored when the chain "
    "goes on: see that enough of its validators run and reach each other.",
    "node_fault": "It is asked again. If this lasts, look into the node's log.",
    "not_accepted": "The transaction is kept and sent again. If the node names a price or funds, "
    "set the gas price that it asks for and give the account funds; if it names its pool, enlarge "
    "that.",
    "nonce_gap": "The chain has lost transactions that this database does not hold: restore the "
    "database that does.",
    "wrong_contract": "The trust file has to name the contracts of this chain.",
    "database_failed": "Look at the database; nothing is anchored meanwhile.",
    "log_damaged": "See with `tem audit` what of the log is whole.",
}

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Trouble:
    """A trouble by its stable code, where it is (such as a log's origin), and what to do."""

    code: str
    place: str
    said: str

    @classmethod
    def of(cls, error: TemError, place: str = "") -> Trouble:
        """The trouble that an error is; ``place`` if it is another than the error's own."""
        file = f"{error.place}: " if place and error.place.startswith("/") else ""
        advice = _ADVICE.get(error.code, "")
        return cls(error.code, place or error.place, f"{file}{error.message} {advice}".strip())

    def __str__(self) -> str:
        where = f" at {self.place}" if self.place else ""
        return f"{self.code}{where}: {self.said}"


@dataclass
class _Lasting:
    since: float
    again: float
    pause: float


class Watch:
    """Keeps track of one worker's troubles. ``clock`` gives seconds since 1970."""

    def __init__(
        self, engine: Engine, chain_id: int, account: str, clock: Callable[[], int]
    ) -> None:
        self._engine, self._chain_id, self._account = engine, chain_id, account
        self._clock = clock
        self._lasting = dict[tuple[str, str], _Lasting]()
        self._row: WorkerRow | None = None
        self._answered: int | None = None
        self._written = 0.0

    def note(self, troubles: Iterable[Trouble], answered: bool) -> None:
        """A round has ended with these troubles; ``answered``: by the chain."""
        found = {(trouble.code, trouble.place): trouble for trouble in troubles}
        for key in self._lasting.keys() - found.keys():
            lasted = time.monotonic() - self._lasting.pop(key).since
            _log.warning(
                "anchoring: %s is over, after %d s", " at ".join(filter(None, key)), lasted
            )
        for key, trouble in found.items():
            self._say(key, trouble)
        self._write(next(iter(found.values()), None), answered)

    def _say(self, key: tuple[str, str], trouble: Trouble) -> None:
        now = time.monotonic()
        lasting = self._lasting.get(key)
        if lasting is None:
            self._lasting[key] = _Lasting(now, now + SAY_AGAIN, SAY_AGAIN)
        elif now < lasting.again:
            return
        else:
            lasting.pause = min(2 * lasting.pause, SAY_AT_LEAST)
            lasting.again = now + lasting.pause
        grave = trouble.code == "nodes_disagree"
        _log.log(logging.CRITICAL if grave else logging.ERROR, "anchoring: %s", trouble)

    def _write(self, trouble: Trouble | None, answered: bool) -> None:
        """Write the worker's row if something has changed in it, or from time to time."""
        now, before = self._clock(), self._row
        self._answered = now if answered else self._answered
        code = None if trouble is None else trouble.code
        same = before is not None and before.trouble == code
        if same and time.monotonic() < self._written + WRITE_SECONDS:
            return
        row = WorkerRow(
            chain_id=self._chain_id,
            account=self._account,
            round=now,
            answered=self._answered,
            trouble=code,
            said=None if trouble is None else str(trouble),
            since=None if trouble is None else before.since if same and before else now,
        )
        try:
            with writing(self._engine) as session:
                anchor_store.note_worker(session, WorkerRow(**row.model_dump()))
        except SQLAlchemyError as error:
            _log.error("the worker's state cannot be written: %s", error)
            return
        self._row, self._written = row, time.monotonic()
