"""Two writers at the same time on PostgreSQL, of which the second has to wait for the first."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Thread
from typing import Any

from sqlalchemy import Engine, text
from sqlmodel import Session

from anchor.database import reading, writing

Act = Callable[[Session], Any]


def at_once(engine: Engine, first: Act, second: Act, then: Act = lambda _: None) -> list[Any]:
    """What both return, or raise. The second begins when the first has done its work, and waits
    for it; then the first goes on with ``then`` and commits."""
    answers: list[Any] = [None, None]

    def later() -> None:
        try:
            with writing(engine) as session:
                answers[1] = second(session)
        except Exception as error:
            answers[1] = error

    thread = Thread(target=later)
    with writing(engine) as session:
        answers[0] = first(session)
        session.flush()
        thread.start()
        await_waiting(engine)
        then(session)
    thread.join()
    return answers


def await_waiting(engine: Engine) -> None:
    """Return once somebody waits for somebody else."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        with reading(engine) as session:
            waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if session.connection().execute(waiting).scalar_one():
                return
    raise AssertionError("nobody waits")
