"""Putting a backup back, and bringing what it holds forward to what was published since.

Whatever is refused has changed nothing: the rows of a backup, and of all that is newer, come in
one transaction, which is committed when nothing contradicts it any more.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, create_engine
from sqlmodel import Session

from anchor import continuity, forward
from anchor import store as logs
from anchor.chain.deploy import Contracts
from anchor.database import reading, writing
from anchor.errors import LogError
from anchor.store import LogState
from registry import chain
from registry.backup import manifest, store
from registry.backup.manifest import DATABASE, Log, Manifest
from registry.backup.placing import Files
from registry.backup.store import Progress
from registry.database import open_prepared
from registry.errors import BackupError
from registry.running import database
from registry.settings import Settings
from verifier.errors import ConfigurationError
from verifier.published import Published, find


@dataclass(frozen=True, slots=True)
class Restored:
    """What is there after a restore: how many logs with how many entries, and how many of these
    the published files had to give."""

    logs: int
    entries: int
    newer: int


def restore(
    settings: Settings, folder: Path, source: str | None, now: int, progress: Progress
) -> Restored:
    """Put the backup in ``folder`` into an empty installation, and bring it forward.

    ``source`` is where the logs are published, the installation's own folder if None. Raises
    BackupError (``backup_missing``, ``backup_damaged``, ``restore_not_empty``); LogError
    (``chain_ahead``, and as ``continuity.check`` and ``forward.bring_forward``); ProofError;
    ConfigurationError and ChainUnavailable as for any start.
    """
    backup = manifest.read(folder)
    files = Files(settings, folder, backup)
    trusted = files.trust()
    _require_chain(settings)
    with (
        chain.reachable(settings) as network,
        database(settings) as engine,
        _published(settings, source) as published,
    ):
        contracts = chain.contracts(network, trusted)
        with files, writing(engine) as session:
            _load(session, folder, backup, settings.data, progress)
            before = logs.states(session)
            for state in before:
                _bring(session, contracts, state, published, now, progress)
            _require_all(contracts, before, published)
            continuity.check(lambda: nullcontext(session), contracts, settings.public_folder)
            files.place()
            return _restored(before, logs.states(session))


def bring_in_place(
    settings: Settings, source: str | None, now: int, progress: Progress
) -> Restored:
    """Bring the installation's present database forward, such as an older copy that was put back.

    Each log is brought forward in a transaction of its own. Raises as ``restore``.
    """
    trusted = chain.read_trust(settings)
    _require_chain(settings)
    with (
        chain.reachable(settings) as network,
        database(settings) as engine,
        _published(settings, source) as published,
    ):
        contracts = chain.contracts(network, trusted)
        before = _examined(engine, progress)
        for state in before:
            with writing(engine) as session:
                locked = logs.lock(session, state.log)
                _bring(session, contracts, locked, published, now, progress)
        _require_all(contracts, before, published)
        continuity.require_continuity(engine, contracts, settings.public_folder)
        with reading(engine) as session:
            return _restored(before, logs.states(session))


def _examined(engine: Engine, progress: Progress) -> list[LogState]:
    """The logs of a database that is whole, down to every entry."""
    with reading(engine) as session:
        store.examine(session.connection(), progress)
        return logs.states(session)


def _load(session: Session, folder: Path, backup: Manifest, work: Path, progress: Progress) -> None:
    """All rows of the backup, into a database that has none."""
    target = session.connection()
    name = store.first_with_rows(target)
    if name is not None:
        said = f"The database is in use ({name} has rows): restore into an empty one."
        raise BackupError("restore_not_empty", said, "TEM_DATABASE")
    with _opened(folder / DATABASE, work, _revision(target)) as source:
        store.copy(source, target, progress)
    found = [
        Log(log=one.log.hex(), origin=one.origin, size=one.size, root=one.root.hex())
        for one in logs.states(session)
    ]
    if found != list(backup.logs):
        raise manifest.damaged(folder / manifest.MANIFEST, "It lists other logs than there are.")


@contextmanager
def _opened(path: Path, work: Path, revision: str | None) -> Iterator[Connection]:
    """The database of a backup, of the form ``revision``: a copy in ``work`` if it is older."""
    with ExitStack() as stack:
        engine = create_engine(f"sqlite:///file:{path.resolve()}?mode=ro&immutable=1&uri=true")
        stack.callback(engine.dispose)
        with engine.connect() as connection:
            found = _revision(connection)
        if found != revision:
            made = stack.enter_context(TemporaryDirectory(prefix="restore-", dir=work))
            engine = open_prepared(f"sqlite:///{shutil.copy(path, made)}")
            stack.callback(engine.dispose)
        yield stack.enter_context(engine.connect())


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _bring(
    session: Session,
    contracts: Contracts,
    state: LogState,
    published: Sequence[Published],
    now: int,
    progress: Progress,
) -> None:
    """Bring one log forward as far as it is published, which the chain may not go beyond."""
    for one in published:
        if one.name == state.log.hex() or (one.name is None and len(published) == 1):
            state = forward.bring_forward(
                session, contracts, state, one.log, store.add_lost, now, progress
            )
    anchored = continuity.anchored_size(session, contracts, state)
    if anchored > state.size:
        raise LogError(
            "chain_ahead",
            f"The chain holds {anchored} entries; backup and published files end at {state.size}. "
            "Find the newest published files (--published) or a newer backup.",
            state.origin,
        )


def _require_all(
    contracts: Contracts, states: Sequence[LogState], published: Sequence[Published]
) -> None:
    """Raise LogError (``log_missing``) if a log of this chain is published but not here."""
    known = {state.log.hex() for state in states}
    for one in published:
        if one.name is not None and one.name not in known:
            continuity.require_not_on_chain(contracts, bytes.fromhex(one.name), one.place)


@contextmanager
def _published(settings: Settings, source: str | None) -> Iterator[list[Published]]:
    """The logs that are published at ``source``; none if nobody said where and none are."""
    folder = settings.public_folder
    if source is None and not any(folder.glob("logs/*")):
        yield []
        return
    with find(source or str(folder)) as found:
        yield found


def _require_chain(settings: Settings) -> None:
    """Raise ConfigurationError (``chain_missing``) rather than begin another chain."""
    if not settings.rpc and not settings.chain.exists():
        raise ConfigurationError(
            "chain_missing",
            f"A backup holds no chain, and there is none in {settings.chain}: put the folder of "
            "the embedded chain there, or say with TEM_RPC which chain to ask.",
            "TEM_RPC",
        )


def _restored(before: Sequence[LogState], after: Sequence[LogState]) -> Restored:
    entries = sum(state.size for state in after)
    return Restored(len(after), entries, entries - sum(state.size for state in before))
