"""Every call to the database fails once, both ways, and on PostgreSQL by a cut connection too."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from anchor.database import open_database, reading
from registry.organisations import store as organisations
from registry.organisations.store import Organisation
from tests.faults.clients import Ledger
from tests.faults.database_calls import Calls, Fault, through
from tests.faults.places import BODY, Place
from tests.faults.scenario import Scenario, spread
from verifier.names import org_id

Note = Callable[..., None]


@pytest.fixture(params=Fault)
def fault(request: pytest.FixtureRequest, place: Place) -> Fault:
    fault: Fault = request.param
    if fault is Fault.CUT and place.database.startswith("sqlite"):
        pytest.skip("a file has no connection to cut")
    return fault


@pytest.fixture
def body(place: Place) -> Organisation:
    engine = open_database(place.database)
    with reading(engine) as session:
        found = organisations.get_one(session, org_id(BODY.did))
    engine.dispose()
    return found


@pytest.fixture
def ledger() -> Ledger:
    """Of the one body that issues in all scenarios of a test."""
    return Ledger()


def go(place: Place, body: Organisation | None, ledger: Ledger, number: int, calls: Calls) -> None:
    """Once through the scenario, with the same body again or with one that it founds."""
    kept = Ledger() if body is None else ledger
    scenario = Scenario(place, f"b{number}", place.opened, ledger=kept, body=body)
    with through(calls):
        scenario.run(lambda: calls.nth is None or calls.fired)


def fail_each(
    place: Place, body: Organisation | None, ledger: Ledger, faults: Iterable[Calls],
    progress: Callable[[str], None],
) -> set[str]:  # fmt: skip
    """Go through the scenario once with each fault; what was hit."""
    hit = set[str]()
    for number, calls in enumerate(faults, start=1):
        go(place, body, ledger, number, calls)
        assert calls.fired == 1
        hit.add(calls.what)
        if number % 20 == 0:
            progress(f"  {number} calls failed")
    return hit


def test_every_call_of_issuing_and_anchoring_fails(
    fault: Fault, place: Place, body: Organisation, ledger: Ledger, calls: int, result: Note,
    progress: Callable[[str], None],
) -> None:  # fmt: skip
    whole = Calls()
    go(place, body, ledger, 0, whole)
    count = min(whole.kinds.count("COMMIT"), calls)
    commits = [Calls(nth, fault, "COMMIT") for nth in range(1, 1 + count)]
    others = [Calls(nth, fault) for nth in spread(whole.seen, calls)]
    hit = fail_each(place, body, ledger, [*commits, *others], progress)
    assert {"COMMIT", "INSERT", "SELECT"} <= hit
    result(calls=whole.seen, failed=len(commits) + len(others), kinds=sorted(hit))


def test_calls_of_founding_fail(
    fault: Fault, place: Place, ledger: Ledger, calls: int, result: Note,
    progress: Callable[[str], None],
) -> None:  # fmt: skip
    whole = Calls()
    go(place, None, ledger, 0, whole)
    faults = [Calls(nth, fault) for nth in spread(whole.seen, calls // 4)]
    hit = fail_each(place, None, ledger, faults, progress)
    result(calls=whole.seen, failed=len(faults), kinds=sorted(hit))
