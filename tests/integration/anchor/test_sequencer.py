"""Group commit: who comes while a commit is running shares the next one."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from anchor import sequencer as module
from anchor import store
from anchor.batch import Entry, Part
from anchor.database import writing
from anchor.errors import LogError
from anchor.models import TileRow
from anchor.sequencer import Sequencer
from tests.integration.anchor.sequencing import (
    GENESIS,
    LOG,
    NOW,
    Commits,
    adding,
    begin,
    held,
    submitted,
    together,
    turn_held,
    wait_until,
    waiting,
)
from verifier.names import log_id, org_id


@pytest.fixture
def sequencer(engine: Engine) -> Sequencer:
    begin(engine)
    return Sequencer(engine, lambda: NOW)


class Refused(Exception):  # noqa: N818
    """A caller's own reason to refuse a request."""


def refusing(part: Part) -> None:
    part.add(Entry(b"refused", NOW))
    raise Refused


def outcomes(made: list[Future[Any]]) -> list[Any]:
    """What each request came to: its answer, or the kind of its error."""
    return [one.result() if one.exception() is None else type(one.exception()) for one in made]


def test_an_answer_is_committed(engine: Engine, sequencer: Sequencer) -> None:
    assert sequencer.submit(LOG, adding(b"a", b"b")) == [1, 2]
    assert held(engine) == [GENESIS, b"a", b"b"]


def test_requests_that_wait_share_one_commit(engine: Engine, sequencer: Sequencer) -> None:
    commits = Commits(engine)
    made = submitted(sequencer, *(adding(b"%d" % n) for n in range(20)))
    assert outcomes(made) == [[n + 1] for n in range(20)]
    assert commits.count == 2  # that of the request which held the turn, and that of all others
    assert held(engine) == [GENESIS, *(b"%d" % n for n in range(20))]


def test_nobody_has_an_answer_before_the_commit(engine: Engine, sequencer: Sequencer) -> None:
    """While the last request of a batch is running, the first one has none yet."""
    first: Future[Any]

    def last(part: Part) -> bool:
        part.add(Entry(b"last", NOW))
        return first.done()

    with ThreadPoolExecutor(2) as pool:
        with turn_held(sequencer):
            first = pool.submit(sequencer.submit, LOG, adding(b"first"))
            wait_until(lambda: waiting(sequencer) == 1)
            second = pool.submit(sequencer.submit, LOG, last)
            wait_until(lambda: waiting(sequencer) == 2)
        assert second.result() is False
    assert held(engine) == [GENESIS, b"first", b"last"]


def test_a_refused_request_does_not_hurt_its_neighbours(
    engine: Engine, sequencer: Sequencer
) -> None:
    requests = [adding(b"a"), refusing, adding(b"b"), adding(b"c", b"a"), refusing, adding(b"d")]
    assert outcomes(submitted(sequencer, *requests)) == [
        [1],
        Refused,
        [2],
        LogError,
        Refused,
        [3],
    ]
    assert held(engine) == [GENESIS, b"a", b"b", b"d"]


def test_what_a_session_still_keeps_belongs_to_its_request(
    engine: Engine, sequencer: Sequencer
) -> None:
    """Not to the end of the batch, where it would hurt everybody."""

    def keep(name: bytes) -> Callable[[Part], None]:
        def request(part: Part) -> None:
            part.add(Entry(name, NOW))
            part.session.add(TileRow(log=part.number, level=9, index=0, hashes=b""))

        return request

    assert outcomes(submitted(sequencer, keep(b"a"))) == [None]
    made = submitted(sequencer, adding(b"b"), keep(b"c"), adding(b"d"))
    assert outcomes(made) == [[2], IntegrityError, [3]]
    assert held(engine) == [GENESIS, b"a", b"b", b"d"]


def test_one_duplicate_among_500_is_refused_alone(engine: Engine, sequencer: Sequencer) -> None:
    """Without a savepoint for each request it would roll back all of them."""
    statements = [b"%d" % n for n in range(500)]
    statements[321] = statements[123]
    made = submitted(sequencer, *(adding(one) for one in statements))
    refused = [n for n, one in enumerate(made) if one.exception() is not None]
    assert refused == [321]
    assert [one.result()[0] for n, one in enumerate(made) if n != 321] == list(range(1, 500))
    del statements[321]
    assert held(engine) == [GENESIS, *statements]


def test_a_batch_of_refused_requests_changes_nothing(engine: Engine, sequencer: Sequencer) -> None:
    assert outcomes(submitted(sequencer, refusing, refusing, refusing)) == [Refused] * 3
    assert held(engine) == [GENESIS]
    assert sequencer.submit(LOG, adding(b"a")) == [1]


def test_the_same_statement_twice_in_a_batch_is_there_once(
    engine: Engine, sequencer: Sequencer
) -> None:
    assert outcomes(submitted(sequencer, adding(b"a"), adding(b"a"))) == [[1], LogError]
    assert held(engine) == [GENESIS, b"a"]


def test_a_batch_has_an_end(
    engine: Engine, sequencer: Sequencer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_BATCH", 3)
    commits = Commits(engine)
    made = submitted(sequencer, *(adding(b"%d" % n) for n in range(7)))
    assert outcomes(made) == [[n + 1] for n in range(7)]
    assert commits.count == 1 + 3


def test_many_threads_make_one_history(engine: Engine, sequencer: Sequencer) -> None:
    def work(thread: int) -> list[int]:
        return [
            index
            for n in range(40)
            for index in sequencer.submit(LOG, adding(b"thread %d, %d" % (thread, n)))
        ]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(work, range(8)))
    statements = held(engine)
    assert sorted(index for indices in answers for index in indices) == list(range(1, 321))
    for thread, indices in enumerate(answers):
        found = [statements[index] for index in indices]
        assert found == [b"thread %d, %d" % (thread, n) for n in range(40)]
    assert sequencer._lines == {}


def test_logs_do_not_wait_for_each_others_requests(engine: Engine, sequencer: Sequencer) -> None:
    """Several lines at once, whose batches are of their own."""
    logs = [begin(engine, f"tem.example/{n}") for n in range(6)]

    def work(n: int) -> list[int]:
        log = logs[n % 6]
        return [sequencer.submit(log, adding(b"%d, %d" % (n, i)))[0] for i in range(10)]

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(work, range(12)))
    for n, log in enumerate(logs):
        assert sorted(answers[n] + answers[n + 6]) == list(range(1, 21))
        assert len(held(engine, log)) == 21
    assert sequencer._lines == {}


def test_an_unknown_log_is_refused_to_all(engine: Engine, sequencer: Sequencer) -> None:
    unknown = log_id(org_id("did:web:nobody.example"), "tem.example/nothing")

    def call() -> None:
        sequencer.submit(unknown, adding(b"a"))

    with ThreadPoolExecutor(4) as pool:
        made = [pool.submit(call) for _ in range(4)]
    codes = [getattr(one.exception(), "code", None) for one in made]
    assert codes == ["log_unknown"] * 4
    assert sequencer._lines == {}
    assert held(engine) == [GENESIS]


def halt(engine: Engine) -> None:
    with writing(engine) as session:
        store.halt(session, LOG, "a test")


def test_a_halted_log_refuses_all_who_append(engine: Engine, sequencer: Sequencer) -> None:
    halt(engine)
    made = submitted(sequencer, adding(b"a"), lambda part: part.number, adding(b"b"))
    assert outcomes(made) == [LogError, 1, LogError]
    assert {one.exception().code for one in made[::2]} == {"log_halted"}  # type: ignore[union-attr]
    with writing(engine) as session:
        store.resume(session, LOG)
    assert sequencer.submit(LOG, adding(b"a")) == [1]


def test_a_log_is_halted_between_two_batches(engine: Engine, sequencer: Sequencer) -> None:
    """What a batch knows of the log it reads under the lock, never from the batch before."""
    assert sequencer.submit(LOG, adding(b"a")) == [1]
    halt(engine)
    with pytest.raises(LogError, match="log_halted"):
        sequencer.submit(LOG, adding(b"b"))
    assert held(engine) == [GENESIS, b"a"]


def test_another_writer_comes_between_two_batches(engine: Engine, sequencer: Sequencer) -> None:
    other = Sequencer(engine, lambda: NOW)
    for n in range(0, 10, 2):
        assert sequencer.submit(LOG, adding(b"%d" % n)) == [n + 1]
        assert other.submit(LOG, adding(b"%d" % (n + 1))) == [n + 2]
    assert held(engine) == [GENESIS, *(b"%d" % n for n in range(10))]


def test_the_clock_is_read_for_each_batch(engine: Engine, sequencer: Sequencer) -> None:
    times = iter([NOW, NOW + 100])
    moving = Sequencer(engine, lambda: next(times))

    def add(part: Part) -> int:
        return part.add(Entry(b"later", NOW + 100))

    with pytest.raises(LogError, match="iat_ahead"):
        moving.submit(LOG, add)
    assert moving.submit(LOG, add) == 1


def test_calls_of_one_batch_keep_their_own_answers(engine: Engine, sequencer: Sequencer) -> None:
    def call(n: int) -> Callable[[], int]:
        return lambda: sequencer.submit(LOG, lambda _part: n)

    assert outcomes(together(sequencer, [call(n) for n in range(10)])) == list(range(10))
    assert held(engine) == [GENESIS]
