"""Whether a database may go on: it must hold all that was ever promised for its logs.

A database that was put back from an older copy, or two that grew from one, would give an index a
second time. So whatever appends or anchors asks first, and does nothing if the published files or
the chain know more than the database, or something else. Nothing here changes anything.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from sqlalchemy import Engine
from sqlmodel import Session

from anchor import store
from anchor.chain.deploy import Contracts
from anchor.chain.log_anchor import Anchor, LogAnchor
from anchor.database import reading
from anchor.errors import LogError
from anchor.public_files import log_folder
from anchor.recovery import disagreement
from anchor.soundness import require_newest_whole
from anchor.store import LogState
from verifier import checkpoint as checkpoints
from verifier.chain_view import LogState as LogOnChain
from verifier.checkpoint import Checkpoint
from verifier.errors import ChainUnavailable, ProofError, printable
from verifier.published import Folder
from verifier.static_log import StaticLog
from verifier.tiles import CHECKPOINT

MAX_KEYS = 256
"""More than one log has checkpoint keys (ILogAnchor, MAX_KEYS)."""

Opened = Callable[[], AbstractContextManager[Session]]
"""Opens a session on the database as it is then."""

_log = logging.getLogger(__name__)


def require_continuity(engine: Engine, contracts: Contracts, folder: Path) -> None:
    """Raise LogError unless the database holds all that ``folder`` and the chain know of its logs.

    ``folder`` is that of the published files. The codes: ``log_behind_published`` and
    ``log_behind_chain`` (the database is an old copy), ``log_missing`` (a log is not in it at
    all), ``log_forked`` (another root at the same size), ``published_damaged``, ``log_damaged``.
    Raises ChainUnavailable and LogUnreadable too. Other processes may go on meanwhile.
    """
    check(lambda: reading(engine), contracts, folder)


def check(opened: Opened, contracts: Contracts, folder: Path) -> None:
    """``require_continuity``, of what the sessions see that ``opened`` opens.

    A log that is halted stands still, so it does no harm and does not hold up the others.
    """
    there = sorted(folder.glob(f"logs/{64 * '[0-9a-f]'}/{CHECKPOINT}"))
    with opened() as session:
        require_newest_whole(session)
        states = store.states(session)
    for path in there:
        if path.parent.name not in {state.log.hex() for state in states}:
            require_not_on_chain(contracts, bytes.fromhex(path.parent.name), str(path.parent))
    everywhere = _everywhere(contracts)
    for state in states:
        if state.halted is None:
            # What is known elsewhere is asked first: the database can only have grown since.
            text = _checkpoint(state, StaticLog(Folder(log_folder(folder, state.log))))
            newest = _newest(everywhere, state.log)
            with opened() as session:
                _check(session, contracts, state.log, text, newest)
        else:
            _log.warning("log %s stands still: %s", state.origin, state.halted)


def published_head(
    session: Session, contracts: Contracts, state: LogState, published: StaticLog
) -> Checkpoint | None:
    """The published checkpoint, or None; a larger one than the database's is signed by the log.

    Raises LogError: ``log_forked`` if it has another root than the database at its size, and
    ``published_damaged`` if no key of the log signed what the database does not hold.
    """
    text = _checkpoint(state, published)
    return None if text is None else _compared(session, contracts, state, text)


def anchored_size(session: Session, contracts: Contracts, state: LogState) -> int:
    """The newest size that the chain holds, even if its block is not final; 0 if none.

    Raises LogError (``log_forked``) if it is at most the database's and has another root, and
    ChainUnavailable.
    """
    newest = _newest(_everywhere(contracts), state.log)
    _require_same(session, state, newest)
    return newest.size


def require_not_on_chain(contracts: Contracts, log: bytes, place: str) -> None:
    """Raise LogError (``log_missing``) if this log, found in ``place``, is one of this chain."""
    info = contracts.log_anchor.log_info(log, block="latest")
    if info.state is not LogOnChain.NONE:
        raise LogError(
            "log_missing",
            f"The log {info.origin} is published in {place} and open on the chain, but the "
            "database does not have it: restore a backup that does.",
            info.origin,
        )


def forked(session: Session, state: LogState, where: str, other: Checkpoint | Anchor) -> LogError:
    """The error of a log of which two versions exist: the database's, and the other one."""
    own = _root(session, state, other.size).hex()
    return LogError(
        "log_forked",
        f"At size {other.size} the {where} has the root {other.root.hex()}, this database {own}: "
        "two histories have come from one log. Let no program go on with this database; restore "
        "a backup of the one that is published and anchored.",
        state.origin,
    )


def _check(
    session: Session, contracts: Contracts, log: bytes, text: str | None, newest: Anchor
) -> None:
    state = store.state(session, log)
    head = None if text is None else _compared(session, contracts, state, text)
    if head is not None and head.size > state.size:
        raise _behind("log_behind_published", "published files", state, head.size)
    _require_same(session, state, newest)
    if newest.size > state.size:
        raise _behind("log_behind_chain", "chain", state, newest.size)


def _checkpoint(state: LogState, published: StaticLog) -> str | None:
    try:
        return published.checkpoint()
    except ProofError as error:
        raise _unusable(state, str(error)) from error


def _compared(session: Session, contracts: Contracts, state: LogState, text: str) -> Checkpoint:
    try:
        found = checkpoints.parse(text)
    except ProofError as error:
        raise _unusable(state, str(error)) from error
    inside = found.origin == state.origin and 0 < found.size <= state.size
    if inside and found.root == _root(session, state, found.size):
        return found
    _require_signed(contracts, state, text)
    if found.size > state.size:
        return found
    raise forked(session, state, "published checkpoint", found)


def _require_signed(contracts: Contracts, state: LogState, text: str) -> None:
    """Raise LogError (``published_damaged``) unless this is a checkpoint of the log, signed by a
    key that the chain names."""
    keys = contracts.log_anchor.checkpoint_keys(state.log, 0, MAX_KEYS, block="latest")
    said = "The chain names no key for the log's checkpoints."
    for key in reversed([one.key for one in keys if any(one.key)]):
        try:
            found = checkpoints.verify(text, key)
        except ProofError as error:
            said = str(error)
            continue
        if found.origin == state.origin and found.size > 0:
            return
        said = f"It is a checkpoint of {printable(found.origin)}, size {found.size}."
    raise _unusable(state, said)


def _everywhere(contracts: Contracts) -> list[LogAnchor]:
    """The contract at each address of the chain."""
    return [LogAnchor(node, contracts.log_anchor.address) for node in contracts.node.each()]


def _newest(everywhere: Sequence[LogAnchor], log: bytes) -> Anchor:
    """The largest size that any address of the chain knows; those that are away say nothing.

    Raises ChainUnavailable (``nodes_disagree``) if two know it with different roots.
    """
    found, silent = list[tuple[Anchor, str]](), list[ChainUnavailable]()
    for contract in everywhere:
        try:
            found.append((contract.latest(log, block="latest"), contract.node.network.rpcs[0]))
        except ChainUnavailable as error:
            silent.append(error)
    if not found:
        raise silent[0]
    newest, said = max(found, key=lambda one: one[0].size)
    for anchor, rpc in found:
        if anchor.size == newest.size and anchor.root != newest.root:
            raise disagreement(said, rpc, f"the root of log {log.hex()} at size {anchor.size}")
    return newest


def _require_same(session: Session, state: LogState, newest: Anchor) -> None:
    if 0 < newest.size <= state.size and newest.root != _root(session, state, newest.size):
        raise forked(session, state, "chain", newest)


def _root(session: Session, state: LogState, size: int) -> bytes:
    return state.root if size == state.size else store.root_at(session, state.log, size)


def _behind(code: str, where: str, state: LogState, size: int) -> LogError:
    said = f"The database ends at size {state.size}, the {where} at {size}: it is an old copy."
    what = "Bring it forward with `tem restore --in-place`, or restore a newer backup."
    return LogError(code, f"{said} {what}", state.origin)


def _unusable(state: LogState, said: str) -> LogError:
    return LogError(
        "published_damaged",
        f"The published checkpoint is damaged, or not this log's: {said} Put the right one back, "
        "or move the log's published files away, so that they are made again.",
        state.origin,
    )
