"""Issuing without HTTP, in this process or in another one, which should not have to load more."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any, NamedTuple

from sqlalchemy import Engine

from anchor.database import open_database, reading
from anchor.sequencer import Sequencer
from registry.certificates.schemas import CertificateRequest
from registry.certificates.service import CertificateService, Issued
from registry.errors import Conflict
from registry.keyring import Keyring
from registry.organisations import store as organisations
from registry.organisations.store import Organisation
from tests.integration.anchor.sequencing import together

THREADS = 8


class Issuing:
    """A body that issues at the time ``now``."""

    def __init__(self, engine: Engine, keyring: Keyring, body: Organisation, now: int) -> None:
        self.sequencer = Sequencer(engine, lambda: now)
        self.body = body
        self._service = CertificateService(self.sequencer, keyring, lambda: now, lambda: None)

    def call(self, request: Mapping[str, Any], key: str | None = None) -> Callable[[], Issued]:
        """A call that issues what is requested."""
        read = CertificateRequest.model_validate(request)
        return lambda: self._service.issue(self.body, read, key)

    def together(self, *calls: Callable[[], Issued]) -> list[Future[Issued]]:
        """Make the calls so that one batch takes them all, in this order."""
        return together(self.sequencer, calls, self.body.log.log)


class Job(NamedTuple):
    """What a process issues, by which idempotency keys, and as whom."""

    url: str
    keys: Path
    passphrase: bytes
    org: bytes
    now: int
    requests: Sequence[tuple[Mapping[str, Any], str | None]]


def issue_at_once(job: Job, started: Any, answers: Any) -> None:
    """What a process does once all have ``started``: each of its threads issues every request.

    It puts the leaf hashes of each thread, or the codes of conflicts, into ``answers``.
    """
    engine = open_database(job.url)
    with reading(engine) as session:
        body = organisations.get_one(session, job.org)
    issuing = Issuing(engine, Keyring(job.keys, job.passphrase), body, job.now)
    ready = Barrier(THREADS)

    def issue(_: int) -> list[str]:
        ready.wait()
        return [_answer(issuing.call(request, key)) for request, key in job.requests]

    started.wait()
    with ThreadPoolExecutor(THREADS) as pool:
        for found in pool.map(issue, range(THREADS)):
            answers.put(found)
    engine.dispose()


def _answer(call: Callable[[], Issued]) -> str:
    try:
        return call().leaf.hex()
    except Conflict as error:
        return error.code
