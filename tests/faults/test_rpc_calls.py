"""Every call to the chain's node fails once: before it is done, and after."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from anchor.chain.embedded import EmbeddedChain
from registry.running import Installation
from tests.faults.places import Place, found
from tests.faults.scenario import Scenario, spread
from tests.rpc_proxy import (
    Behaviour,
    Once,
    RpcProxy,
    dropped_after,
    dropped_before,
    forwarded,
    garbled,
    refused,
)

Note = Callable[..., None]


@pytest.fixture
def place(tmp_path: Path, chain: EmbeddedChain) -> Place:
    """On SQLite alone: what the chain does is nothing to the database."""
    return found(tmp_path / "registry", chain.network().rpcs[0])


@pytest.fixture
def proxy(place: Place) -> Iterator[RpcProxy]:
    with RpcProxy(place.rpc) as proxy:
        yield proxy


def fail_once(proxy: RpcProxy, fault: Behaviour, nth: int, scenario: Scenario) -> str:
    """Go through the scenario while the nth call has this fault; the method that it hit."""
    proxy.calls.clear()
    proxy.behave = once = Once(fault, n=nth)
    scenario.run(lambda: once.fired)
    proxy.behave = forwarded
    assert once.fired == 1
    return proxy.calls[nth - 1]


@pytest.mark.parametrize("fault", [dropped_before, refused, dropped_after, garbled])
def test_every_call_fails(
    fault: Behaviour,
    place: Place,
    proxy: RpcProxy,
    calls: int,
    result: Note,
    progress: Callable[[str], None],
) -> None:
    def opened() -> AbstractContextManager[Installation]:
        return place.opened(rpc=(proxy.address,))

    Scenario(place, "counted", opened).run(lambda: True)
    count, methods = len(proxy.calls), set(proxy.calls)
    chosen = spread(count, calls)
    hit = set[str]()
    for number, nth in enumerate(chosen, start=1):
        hit.add(fail_once(proxy, fault, nth, Scenario(place, f"b{nth}", opened)))
        if number % 20 == 0:
            progress(f"  {number} of {len(chosen)} calls of {count}")
    assert hit <= methods
    result(calls=count, failed=len(chosen), methods=sorted(hit))
