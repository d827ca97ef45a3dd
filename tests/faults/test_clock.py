"""The clock jumps by two days, either way: nothing is issued by it, and nothing is dated by it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from sqlmodel import select

from anchor.clock import MAX_AHEAD, system_clock
from anchor.database import open_database, reading
from anchor.errors import ClockError
from anchor.models import EntryRow
from registry.app import create_app
from registry.certificates.schemas import CertificateRequest
from registry.organisations import access
from registry.running import Installation, anchoring, installation
from registry.serving import listening, serving
from tests.faults.clients import Client, Ledger
from tests.faults.invariants import await_settled, require_all
from tests.faults.places import Place
from tests.integration.registry.requests import certificate

DAYS = 2 * 86_400
PATIENCE = 30.0


class SteppedClock:
    """The system's clock, until ``offset`` (seconds) is set; ``asked`` counts from then on."""

    def __init__(self) -> None:
        self.offset = 0
        self.asked = 0

    def __call__(self) -> int:
        self.asked += self.offset != 0
        return system_clock() + self.offset


class Living(NamedTuple):
    """A registry that lives by a clock, and where it serves."""

    here: Installation
    clock: SteppedClock
    url: str


@pytest.fixture
def living(place: Place) -> Iterator[Living]:
    clock = SteppedClock()
    with (
        listening("127.0.0.1", 0) as listener,
        installation(place.settings(), place.keyring(), clock) as here,
        anchoring(here, 0.5),
        serving(create_app(here.services), listener),
    ):
        yield Living(here, clock, f"http://127.0.0.1:{listener.getsockname()[1]}")


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def client(living: Living, place: Place, ledger: Ledger) -> Iterator[Client]:
    with Client("clock", [living.url], place.api_key, ledger) as client:
        yield client


@pytest.mark.parametrize("step", [DAYS, -DAYS])
def test_nothing_is_issued_by_a_clock_that_jumped(
    step: int, living: Living, place: Place, client: Client, ledger: Ledger
) -> None:
    begin = system_clock()
    assert client.issue() is not None
    body = access.organisation_of(living.here.engine, place.api_key)
    request = CertificateRequest(**certificate("jumped.0"))
    living.clock.offset = step
    with pytest.raises(ClockError):  # at once, not only when the chain contradicts it
        living.here.services.certificates.issue(body, request, "key jumped 0")
    end = time.monotonic() + 2
    number = 1
    while time.monotonic() < end:
        assert client.ask(f"key jumped {number}", f"jumped.{number}") is None
        number += 1
    assert set(ledger.failed) <= {"clock_jumped", "clock_off_chain"}
    assert ledger.failed["clock_off_chain"] > 0
    assert living.clock.asked > 0, "nobody looked at the clock"
    await_settled(place)  # what was issued before is anchored nevertheless
    living.clock.offset = 0
    assert client.issue(PATIENCE) is not None
    await_settled(place)
    assert require_all(place, ledger).records == 3
    engine = open_database(place.database)
    with reading(engine) as session:
        times = [row.iat for row in session.exec(select(EntryRow))]
    engine.dispose()
    assert all(begin - 300 < iat <= system_clock() + MAX_AHEAD for iat in times)
