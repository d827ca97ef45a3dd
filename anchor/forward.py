"""Bringing a log forward: from an older state of the database to what was published since.

Nothing is taken on trust. Every entry has to be in the tree of a checkpoint that the log's key has
signed, that tree has to extend the database's, and every statement has to be its issuer's own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

from sqlmodel import Session

from anchor import store
from anchor.chain.deploy import Contracts
from anchor.chain.trust_registry import TrustRegistry
from anchor.continuity import forked, published_head
from anchor.store import Entry, LogState
from verifier import statement as statements
from verifier.chain_view import KeyState
from verifier.errors import ContentError, ProofError, UnsupportedError
from verifier.names import org_id, require_name
from verifier.statement import Header
from verifier.static_log import StaticLog

CHUNK = 4096
"""Entries that are in memory at a time."""


@dataclass(frozen=True, slots=True)
class Newer:
    """An entry that the database did not have: its index, and what its statement says."""

    index: int
    header: Header


Write = Callable[[Session, LogState, list[Newer]], None]
"""Writes down what belongs to entries that have just been appended, or refuses them."""


def bring_forward(
    session: Session,
    contracts: Contracts,
    state: LogState,
    published: StaticLog,
    write: Write,
    now: int,
    progress: Callable[[int, int], None],
) -> LogState:
    """Append what ``published`` has beyond the log's ``state``; the state after it.

    ``progress`` is told the index reached and the published size. Raises LogError (``log_forked``,
    ``published_damaged``, and as ``store.append``); ProofError, with the entry or the file;
    LogUnreadable; ChainUnavailable. The session's transaction is then not to be committed.
    """
    head = published_head(session, contracts, state, published)
    if head is None or head.size <= state.size:
        return state
    found = published.entries(head, state.size)
    keys = _Keys(contracts.trust_registry, state.org, now)
    if state.halted is not None:
        store.resume(session, state.log)  # as an operator did before these were appended
    while chunk := list(islice(found, CHUNK)):
        newer = [Newer(index, _header(index, data, state, keys)) for index, data in chunk]
        entries = [Entry(data, new.header.iat) for (_, data), new in zip(chunk, newer, strict=True)]
        store.append(session, state.log, entries, now)
        write(session, state, newer)
        progress(chunk[-1][0] + 1, head.size)
    after = store.state(session, state.log)
    if (after.size, after.root) != (head.size, head.root):
        raise forked(session, after, "published checkpoint", head)
    return after


class _Keys:
    """The keys that an organisation ever registered, each asked for once."""

    def __init__(self, registry: TrustRegistry, org: bytes, now: int) -> None:
        self._registry, self._org, self._now = registry, org, now
        self._known = dict[bytes, tuple[bytes, bytes]]()

    def point(self, kid: bytes) -> tuple[bytes, bytes]:
        """The key's coordinates; raises ContentError (``key_unknown``)."""
        if kid not in self._known:
            key = self._registry.key_at(self._org, kid, self._now)
            if key.state is KeyState.NONE:
                raise ContentError("key_unknown", "Its issuer never had this key.", "kid")
            self._known[kid] = key.x, key.y
        return self._known[kid]


def _header(index: int, data: bytes, state: LogState, keys: _Keys) -> Header:
    """What the statement at ``index`` says, once it is proven to be the issuer's own."""
    try:
        signed = statements.parse(data)
        header = signed.header
        for name in ("sub", "vct"):
            require_name(name, getattr(header, name), name)
        if org_id(require_name("did", header.iss, "iss")) != state.org:
            raise ContentError("issuer_differs", "It is another issuer's statement.", "iss")
        statements.verify_signature(signed, *keys.point(header.kid))
    except (ProofError, UnsupportedError) as error:
        place = f"{state.origin} entry {index}: {error.place}"
        raise type(error)(error.code, error.message, place) from error
    return header
