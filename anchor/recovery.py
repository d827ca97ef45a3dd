"""Noticing that the chain lost blocks that were final, and bringing back what stood in them.

A chain keeps what is final; the embedded one loses its last second when it is killed, and all of
it with its state. Every act is stored with its signed bytes and the block that held it, so what is
gone can be told and sent again, in order, without any private key. A node that is merely behind
must never look like that: then nothing is signed, judged or sent until it has caught up.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from enum import Enum, auto

from sqlalchemy import Engine

from anchor.chain import act_store
from anchor.chain.act_store import Held
from anchor.chain.node import Node
from anchor.clock import system_clock
from anchor.database import reading, writing
from anchor.following import Follower
from verifier.errors import ChainUnavailable

PATIENCE = 60.0
"""Seconds that ``replay`` waits without getting on before it gives up."""

LOOK = 0.5
"""Seconds between two looks of ``replay``."""

_log = logging.getLogger(__name__)


class _Found(Enum):
    """What a node says of the newest block that held an act."""

    STANDS = auto()
    BEHIND = auto()
    GONE = auto()


def check(engine: Engine, node: Node) -> None:
    """See that the chain still holds the newest block in which an act was seen.

    One question when all is well. If that block is gone, all acts after the last one that stands
    are set back, so that a Follower sends them again. Raises ChainUnavailable: ``node_behind``
    (it does not have that block yet), ``nodes_disagree``.
    """
    newest = _newest(engine, node)
    if newest is None or _holds(node, newest):
        return
    found = dict[_Found, list[Node]]()
    for one in node.each():
        with suppress(ChainUnavailable):  # it is away, or has no answer
            found.setdefault(_ask(engine, one, newest), []).append(one)
    if not found:
        node.head()  # says who is away
    if found.keys() == {_Found.GONE}:
        _set_back(engine, node, found[_Found.GONE])
    elif found.keys() >= {_Found.GONE, _Found.STANDS} and _is_finished(engine, node, newest):
        one, other = found[_Found.STANDS][0], found[_Found.GONE][0]
        raise disagreement(one.rpc, other.rpc, f"block {newest.number}, which is final")
    elif _Found.STANDS in found and _Found.GONE not in found:
        node.prefer(found[_Found.STANDS][0].rpc)
    else:
        raise ChainUnavailable(
            "node_behind",
            f"The node does not have block {newest.number} yet, which holds acts of ours: wait "
            "until it has caught up, or name one that has.",
            "rpc",
        )


def replay(
    engine: Engine,
    node: Node,
    clock: Callable[[], int] = system_clock,
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Wait until every act that the chain lost is in a block again, before anything else is done.

    Raises ConfigurationError (``wrong_chain``), and ChainUnavailable if it does not get on.
    """
    node.check()
    follower = Follower(engine, node, clock)
    left, end = -1, time.monotonic() + PATIENCE
    while True:
        try:
            check(engine, node)
            outside = follower.follow()
        except ChainUnavailable:
            if time.monotonic() > end:
                raise
        else:
            lost = sum(act.lost for act in outside)
            if lost == 0:
                return
            if lost != left:
                _log.warning("%d acts that the chain lost are yet to be repeated", lost)
                left, end = lost, time.monotonic() + PATIENCE
            elif time.monotonic() > end:
                raise next(
                    iter(follower.troubles.values()),
                    ChainUnavailable("chain_stalled", f"{lost} acts are in no block.", "chain"),
                )
        pause(LOOK)


def disagreement(one: str, other: str, about: str) -> ChainUnavailable:
    """The error of two addresses that say different things."""
    return ChainUnavailable(
        "nodes_disagree",
        f"{one} and {other} disagree about {about}. Nothing is sent or noted. Find out which one "
        "tells the truth (ask a third node), and take the other out of the RPC addresses.",
        "rpc",
    )


def _newest(engine: Engine, node: Node, up_to: int | None = None) -> Held | None:
    with reading(engine) as session:
        return act_store.newest_block(session, node.network.chain_id, up_to)


def _is_finished(engine: Engine, node: Node, block: Held) -> bool:
    """Whether an act was finished in this block, so that it cannot be undone."""
    with reading(engine) as session:
        return act_store.has_finished(session, node.network.chain_id, block.number)


def _holds(node: Node, block: Held) -> bool:
    """Whether the node has this block. If it is one of several, its silence is left for later."""
    try:
        found = node.find(block.number)
    except ChainUnavailable:
        if len(node.network.rpcs) == 1:
            raise
        return False
    return found is not None and found.hash == block.hash


def _ask(engine: Engine, node: Node, newest: Held) -> _Found:
    found = node.find(newest.number)
    if found is not None:
        return _Found.STANDS if found.hash == newest.hash else _Found.GONE
    # It is shorter. A chain that was lost differs in older blocks too; one that is behind does not.
    older = _newest(engine, node, node.head().number)
    return _Found.BEHIND if older is None or _holds(node, older) else _Found.GONE


def _set_back(engine: Engine, node: Node, nodes: Sequence[Node]) -> None:
    for one in nodes:
        one.check()  # another chain has other blocks too
    with reading(engine) as session:
        blocks = act_store.blocks(session, node.network.chain_id)
    standing = min(_standing(one, blocks) for one in nodes)
    with writing(engine) as session:
        acts, finished = act_store.take_back(session, node.network.chain_id, standing)
    if finished == 0:
        _log.warning("%d acts are no longer in their blocks, and are sent again", acts)
    else:
        _log.critical(
            "the chain has lost its blocks after block %d, which were final: %d acts vanished, and "
            "are sent again from their stored bytes. See that the chain keeps what it calls final",
            standing, acts,
        )  # fmt: skip


def _standing(node: Node, blocks: Sequence[Held]) -> int:
    """Number of the newest of these blocks that the node has, by bisection; -1 if it has none."""
    low, high = 0, len(blocks)
    while low < high:
        middle = (low + high) // 2
        if _holds(node, blocks[middle]):
            low = middle + 1
        else:
            high = middle
    return blocks[low - 1].number if low else -1
