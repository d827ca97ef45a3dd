"""What the chain says about one record: read once, at one block, before anything is judged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from verifier import merkle, statement
from verifier.chain_view import (
    Accreditation,
    AccreditationState,
    Activity,
    Anchor,
    Block,
    ChainView,
    Key,
    KeyState,
    Log,
    Organisation,
    Standing,
)
from verifier.errors import ChainUnavailable, ProofError
from verifier.names import day_end
from verifier.record import Record

# How far a claimed time may lie ahead of the clock that witnesses it, in seconds.
DATED_AHEAD = 300


@dataclass(frozen=True, slots=True)
class Entitlement:
    """What the issuer held at a moment: ``at`` in seconds since 1970."""

    at: int
    activity: Activity
    key: Key
    accreditation: Accreditation


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts about one record at one block, whose age in seconds is ``age``.

    ``stale``: older than the verifier allows. ``before_record``: older than the record's iat.
    ``outdated``: the chain has an anchor above the index, but not of the file's size.
    ``root`` is the root that the record's own path leads to (None if the path is malformed),
    ``held`` the anchor of the file's size, ``proven_time`` Ta: the block time of the first anchor
    above the record's index, known only when ``held`` binds the record. ``then`` is judged at Ta,
    or at the block's time while there is none; ``printed`` at the end of the issued day if that is
    earlier; ``signed`` at iat.
    """

    block: Block
    age: int
    stale: bool
    before_record: bool
    dated_in_future: bool
    organisation: Organisation | None
    log: Log | None
    root: bytes | None
    held: Anchor | None
    proven_time: int | None
    checkpoint_keys: tuple[bytes, ...]
    then: Entitlement
    printed: Entitlement
    signed: Entitlement
    standing: Standing | None
    names: dict[bytes, str]
    outdated: bool


def read(view: ChainView, record: Record, now: int) -> Facts:
    """Ask ``view`` everything the checks need; raises ChainUnavailable."""
    block = view.block()
    organisation = view.organisation(record.org)
    if organisation and organisation.did != record.claims.iss:
        raise ChainUnavailable("chain_contradiction", "The DID does not hash to the id.", "chain")
    root = _root(record)
    held = view.anchor_at(record.log, record.file.size)
    proven = _proven_time(view, record, held, root)
    at = block.time if proven is None else proven
    end_of_issued = max(day_end(record.claims.issued) - 1, 0)
    printed_at = at if record.claims.imported else min(at, end_of_issued)
    then = _entitlement(view, record, at)
    printed = then if printed_at == at else _entitlement(view, record, printed_at)
    log = view.log(record.log)
    standing = view.status_at(record.log, record.leaf, block.time)
    return Facts(
        block=block,
        age=max(now - block.time, 0),
        stale=now - block.time > view.trust.max_age,
        before_record=block.time < record.claims.iat,
        dated_in_future=record.claims.iat > now + DATED_AHEAD,
        organisation=organisation,
        log=log,
        root=root,
        held=held,
        proven_time=proven,
        checkpoint_keys=() if held else view.checkpoint_keys(record.log),
        then=then,
        printed=printed,
        signed=then if _entitled(then) else _entitlement(view, record, record.claims.iat),
        standing=standing,
        names=_names(view, (then, printed), standing),
        outdated=held is None and log is not None and log.size > record.file.index,
    )


def _root(record: Record) -> bytes | None:
    file = record.file
    try:
        return merkle.root_from_path(record.leaf, file.index, file.size, file.path)
    except ProofError:
        return None


def _proven_time(
    view: ChainView, record: Record, held: Anchor | None, root: bytes | None
) -> int | None:
    if held is None or held.root != root:
        return None
    first = view.first_anchor_covering(record.log, record.file.index)
    if first is None or first.size > held.size:
        raise ChainUnavailable("chain_contradiction", "An anchor is missing.", "chain")
    return first.time


def _entitlement(view: ChainView, record: Record, at: int) -> Entitlement:
    key = view.key_at(record.org, record.statement.header.kid, at)
    if key.state is not KeyState.NONE:
        kid = statement.key_thumbprint(key.x, key.y)[:8]
        if kid != record.statement.header.kid or not statement.on_curve(key.x, key.y):
            raise ChainUnavailable("chain_contradiction", "No key of P-256 with this kid.", "chain")
    return Entitlement(
        at=at,
        activity=view.active_at(record.org, at),
        key=key,
        accreditation=view.accreditation_at(record.org, record.claims.scope, at),
    )


def _entitled(held: Entitlement) -> bool:
    return (
        held.activity.active
        and held.key.state is KeyState.VALID
        and held.accreditation.state is AccreditationState.VALID
    )


def _names(
    view: ChainView, moments: Iterable[Entitlement], standing: Standing | None
) -> dict[bytes, str]:
    """Display names of the organisations that a report mentions besides the issuer."""
    mentioned: set[bytes] = set()
    for held in moments:
        mentioned |= {held.accreditation.accreditor, held.activity.author, held.key.revocation.by}
    if standing:
        mentioned |= {standing.author, standing.by}
    found = {org: view.organisation(org) for org in mentioned if any(org)}
    return {org: organisation.name for org, organisation in found.items() if organisation}
