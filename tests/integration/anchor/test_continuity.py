"""Which databases may go on: told by what is published and what is on a real chain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from threading import Event, Thread

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from anchor import store
from anchor.chain.log_anchor import LogAnchor
from anchor.chain.network import Network
from anchor.chain.node import Node
from anchor.continuity import require_continuity
from anchor.database import open_database, writing
from anchor.errors import LogError
from anchor.models import EntryRow, LogRow, TileRow
from anchor.store import Entry
from tests.databases import Databases
from tests.integration.anchor.places import KEY, STRANGER, Place
from tests.rpc_proxy import Altered, RpcProxy
from verifier import checkpoint
from verifier.encoding import base64_encode
from verifier.errors import ChainUnavailable


def require(place: Place) -> None:
    require_continuity(place.engine, place.contracts, place.public)


def refused(place: Place) -> LogError:
    """The refusal, which has changed nothing."""
    before = place.state()
    with pytest.raises(LogError) as error:
        require(place)
    assert place.state() == before
    assert error.value.place == place.body.origin
    return error.value


def test_a_database_that_holds_all_that_is_known_goes_on(place: Place) -> None:
    require(place)
    place.grow(300)
    place.publish()
    require(place)
    place.anchor(300)
    require(place)
    place.grow(600)
    require(place)


def test_nothing_published_and_nothing_on_chain(place: Place, databases: Databases) -> None:
    with databases.prepared() as url:
        empty = open_database(url)
        require_continuity(empty, place.contracts, place.public)
        with writing(empty) as session:
            store.create(session, place.body.org, "tem.example/new", Entry(b"genesis", 1), 1)
        require_continuity(empty, place.contracts, place.public)
        empty.dispose()


@pytest.mark.parametrize("newer", [1, 300])
def test_a_database_older_than_the_published_files(place: Place, twin: Place, newer: int) -> None:
    place.grow(1 + newer)
    place.publish()
    refusal = refused(twin)
    assert refusal.code == "log_behind_published"
    assert f"size 1, the published files at {1 + newer}" in refusal.message
    assert "tem restore --in-place" in refusal.message


def test_a_database_older_than_the_chain(place: Place, twin: Place) -> None:
    place.grow(4)
    place.anchor(4)
    refusal = refused(twin)
    assert (refusal.code, "the chain at 4" in refusal.message) == ("log_behind_chain", True)
    final = place.contracts.log_anchor.latest(place.log)
    assert final.size < 4, "an anchor counts before its block is final"


def test_a_checkpoint_signed_by_a_key_of_before_counts(place: Place, twin: Place) -> None:
    place.grow(4)
    place.publish()
    place.body.acts.set_checkpoint_key(place.log, STRANGER.public_key(), "the next key")
    assert refused(twin).code == "log_behind_published"


@pytest.mark.parametrize("size", [2, 7, 300])
def test_two_histories_by_the_published_files(place: Place, twin: Place, size: int) -> None:
    place.grow(size)
    place.publish()
    twin.grow(size, "C")
    refusal = refused(twin)
    assert refusal.code == "log_forked"
    for state in (place.state(), twin.state()):
        assert state.root.hex() in refusal.message
    assert f"At size {size}" in refusal.message
    twin.grow(size + 5, "C")
    assert refused(twin).code == "log_forked"


@pytest.mark.parametrize("size", [2, 7, 300])
def test_two_histories_by_the_chain(place: Place, twin: Place, size: int) -> None:
    place.grow(size)
    place.anchor(size)
    twin.grow(size, "C")
    refusal = refused(twin)
    assert (refusal.code, "the chain has" in refusal.message) == ("log_forked", True)
    twin.grow(size + 5, "C")
    assert refused(twin).code == "log_forked"


def _other_log(place: Place) -> str:
    return checkpoint.sign("tem.example/other", 3, place.state().root, KEY)


def _unsigned(place: Place) -> str:
    return checkpoint.sign(place.body.origin, 99, bytes(32), STRANGER)


def _empty(place: Place) -> str:
    return checkpoint.sign(place.body.origin, 0, bytes(32), KEY)


def _flipped(place: Place) -> str:
    root = place.state().root
    changed = bytes([root[0] ^ 1]) + root[1:]
    return place.checkpoint.read_text().replace(base64_encode(root), base64_encode(changed))


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda _: "", "note_shape"),
        (lambda place: place.checkpoint.read_text()[:-9], "note"),
        (lambda _: "\ud800", "checkpoint_not_text"),
        (_other_log, "a checkpoint of tem.example/other"),
        (_unsigned, "note_not_signed"),
        (_empty, "size 0"),
        (_flipped, "note_signature_invalid"),
    ],
)
def test_a_checkpoint_that_the_log_never_signed(
    place: Place, damage: Callable[[Place], str], said: str
) -> None:
    place.grow(3)
    place.publish()
    place.checkpoint.write_text(damage(place), errors="surrogatepass")
    refusal = refused(place)
    assert (refusal.code, said in refusal.message) == ("published_damaged", True), refusal.message


def test_a_log_whose_checkpoint_key_nobody_knows(place: Place, twin: Place) -> None:
    place.grow(3)
    place.publish(STRANGER)
    refusal = refused(twin)
    assert (refusal.code, "note_not_signed" in refusal.message) == ("published_damaged", True)


def test_a_log_that_is_not_in_the_database_at_all(place: Place, databases: Databases) -> None:
    place.publish()
    with databases.prepared() as url:
        other = replace(place, engine=open_database(url))
        with pytest.raises(LogError) as error:
            require(other)
        other.engine.dispose()
    assert (error.value.code, error.value.place) == ("log_missing", place.body.origin)
    stranger = place.public / "logs" / (64 * "f")
    place.checkpoint.parent.rename(stranger)
    with databases.prepared() as url:
        other = replace(place, engine=open_database(url))
        require(other)
        other.engine.dispose()


def _flip(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


def _damage_row(engine: Engine, number: int, what: str) -> None:
    with writing(engine) as session:
        if what in ("root", "frontier"):
            row = session.get_one(LogRow, number)
            setattr(row, what, _flip(getattr(row, what)))
            session.add(row)
        elif what == "size":
            row = session.get_one(LogRow, number)
            row.size += 1
            session.add(row)
        elif what == "leaf":
            entry = session.exec(select(EntryRow).where(EntryRow.index == 299)).one()
            entry.leaf = _flip(entry.leaf)
            session.add(entry)
        else:
            tile = session.get_one(TileRow, (number, 1, 0))
            tile.hashes = _flip(tile.hashes)
            session.add(tile)


@pytest.mark.parametrize("what", ["root", "frontier", "size", "leaf", "tile"])
def test_a_damaged_log_does_not_go_on(place: Place, what: str) -> None:
    place.grow(300)
    _damage_row(place.engine, place.state().number, what)
    with pytest.raises(LogError) as error:
        require(place)
    assert error.value.code == "log_damaged"


def test_a_log_that_stands_still_does_not_hold_up_the_others(
    place: Place, twin: Place, caplog: pytest.LogCaptureFixture
) -> None:
    place.grow(3)
    place.publish()
    with writing(twin.engine) as session:
        store.halt(session, twin.log, "an operator looks at it")
    require(twin)
    assert "an operator looks at it" in caplog.text


def _at(place: Place, *rpcs: str) -> Place:
    """The same place, its chain behind these addresses."""
    network = Network(rpcs, place.contracts.node.network.chain_id, timeout=5)
    node, address = Node(network), place.contracts.log_anchor.address
    contracts = replace(place.contracts, node=node, log_anchor=LogAnchor(node, address))
    return replace(place, contracts=contracts)


def test_a_chain_that_is_away_is_no_refusal(place: Place) -> None:
    with pytest.raises(ChainUnavailable) as error:
        require(_at(place, "http://127.0.0.1:9"))
    assert error.value.code == "chain_unreachable"


def test_one_address_that_is_away_or_behind_hides_nothing(place: Place, twin: Place) -> None:
    (rpc,) = place.contracts.node.network.rpcs
    empty = bytes(32 * 4).hex()
    behind = Altered("eth_call", lambda _params, result: "0x" + empty)
    place.grow(4)
    place.anchor(4)
    with RpcProxy(rpc, behind) as proxy:
        for first in (proxy.address, "http://127.0.0.1:9"):
            require(_at(place, first, rpc))
            assert refused(_at(twin, first, rpc)).code == "log_behind_chain"
    assert behind.fired > 0


def test_addresses_that_contradict_each_other_are_not_chosen_between(place: Place) -> None:
    (rpc,) = place.contracts.node.network.rpcs
    place.grow(4)
    place.anchor(4)
    root = place.state().root.hex()
    lying = Altered("eth_call", lambda _params, result: result.replace(root, 64 * "1"))
    with RpcProxy(rpc, lying) as proxy:
        for rpcs in ((proxy.address, rpc), (rpc, proxy.address)):
            with pytest.raises(ChainUnavailable) as error:
                require(_at(place, *rpcs))
            assert error.value.code == "nodes_disagree"
            assert proxy.address in error.value.message
    assert lying.fired > 0


def test_others_may_go_on_meanwhile(place: Place) -> None:
    """A second program starts while the first appends and publishes."""
    stop, size = Event(), place.state().size

    def go_on() -> None:
        while not stop.is_set():
            place.grow(place.state().size + 1)
            place.publish()

    thread = Thread(target=go_on)
    thread.start()
    try:
        for _ in range(20):
            require(place)
    finally:
        stop.set()
        thread.join()
    assert place.state().size > size + 1
