"""Snapshots: the contracts' state at one block as one file, a signed note (C2SP signed-note).

The note's text is two lines: the format's name, and the state as canonical JSON. Whoever reads it
configures whose signature counts; the signer's word stands in for the chain.
"""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from verifier import note
from verifier.chain_view import (
    Act,
    Anchor,
    Block,
    Custody,
    Entry,
    Kind,
    LogState,
    Organisation,
    Reason,
    Standing,
    Status,
    StatusReason,
)
from verifier.encoding import canonical_json, parse_canonical_json
from verifier.errors import ConfigurationError, FormatError
from verifier.names import log_id, org_id
from verifier.note import NoteKey
from verifier.statement import key_thumbprint
from verifier.trust import Trust
from verifier.view.state import (
    ChainState,
    KeyRecord,
    LogRecord,
    OrganisationRecord,
    StatusEntry,
)

FORMAT = "tem-snapshot/1"
MAX_BYTES = 64 * 1024 * 1024


def write(state: ChainState, name: str, private: Ed25519PrivateKey) -> bytes:
    """The snapshot of ``state``, signed as ``name``."""
    text = f"{FORMAT}\n{canonical_json(_encode(state)).decode()}\n"
    return note.sign(text, name, private).encode()


def read(data: bytes, key: NoteKey, trust: Trust) -> ChainState:
    """Verify a snapshot by ``key`` and read it as a view for ``trust``.

    Raises ProofError if the signature does not hold, FormatError if the file is damaged, and
    ConfigurationError (``snapshot_other_chain``) if it is of another chain or root.
    """
    if len(data) > MAX_BYTES:
        raise FormatError("snapshot_too_large", f"Over {MAX_BYTES} bytes.", "snapshot")
    try:
        signed = note.parse(data.decode(), "snapshot")
    except UnicodeDecodeError as error:
        raise FormatError("snapshot_not_utf8", "The file is not UTF-8.", "snapshot") from error
    note.verify(signed, key)
    head, _, body = signed.text.partition("\n")
    if head != FORMAT:
        raise FormatError("snapshot_version", f"Expected {FORMAT}.", "snapshot")
    members = parse_canonical_json(body.removesuffix("\n").encode(), "snapshot")
    try:
        return _decode(members, trust)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise FormatError("snapshot_shape", f"Not a snapshot: {error}.", "snapshot") from error


def _encode(state: ChainState) -> dict[str, Any]:
    return {
        "trust": _trust(state.trust),
        "block": [state.at_block.number, state.at_block.hash.hex(), state.at_block.time],
        "organisations": [_organisation(record) for record in state.organisations.values()],
        "logs": [_log(record) for record in state.logs.values()],
        "statuses": [
            [log.hex(), leaf.hex(), [[_status(e) for e in entries] for entries in by.values()]]
            for (log, leaf), by in state.statuses.items()
        ],
    }


def _trust(trust: Trust) -> list[Any]:
    contracts = [trust.trust_registry, trust.log_anchor, trust.status_registry]
    return [trust.chain_id, trust.genesis.hex(), contracts, trust.root.hex()]


def _organisation(record: OrganisationRecord) -> dict[str, Any]:
    organisation = record.organisation
    return {
        "did": organisation.did,
        "name": organisation.name,
        "kind": int(organisation.kind),
        "sponsor": organisation.sponsor.hex(),
        "registered": record.registered_at,
        "suspensions": _by_author(record.suspensions),
        "keys": [_key(key) for key in record.keys.values()],
        "grants": {scope: _entries(entries) for scope, entries in record.grants.items()},
        "accreditations": {scope: _by_author(by) for scope, by in record.accreditations.items()},
    }


def _key(key: KeyRecord) -> list[Any]:
    interval = [key.start, key.until, key.recorded_at]
    return [key.x.hex(), key.y.hex(), *interval, int(key.custody), _entries(key.revocations)]


def _log(record: LogRecord) -> dict[str, Any]:
    repudiated = record.repudiated_from
    return {
        "org": record.org.hex(),
        "origin": record.origin,
        "state": int(record.state),
        "keys": [key.hex() for key in record.checkpoint_keys],
        "repudiated": [] if repudiated is None else [repudiated],
        "anchors": [[a.size, a.time, a.block_number, a.root.hex()] for a in record.anchors],
    }


def _by_author(histories: dict[bytes, list[Entry]]) -> list[Any]:
    """Histories in the contracts' order of authors, which decides between equals."""
    return [[author.hex(), _entries(entries)] for author, entries in histories.items()]


def _entries(entries: list[Entry]) -> list[list[Any]]:
    return [
        [int(e.act), int(e.reason), e.effective, e.until, e.recorded_at, e.by.hex()]
        for e in entries
    ]


def _status(entry: StatusEntry) -> list[Any]:
    s = entry.standing
    return [
        s.author.hex(),
        s.by.hex(),
        int(s.status),
        int(s.reason),
        s.effective,
        s.recorded_at,
        entry.annulled,
    ]


def _decode(members: dict[str, Any], trust: Trust) -> ChainState:
    if members["trust"] != _trust(trust):
        raise ConfigurationError(
            "snapshot_other_chain", "The snapshot is of another chain or root.", "snapshot"
        )
    number, block_hash, time = members["block"]
    state = ChainState(trust, Block(_number(number), _bytes(block_hash), _number(time)))
    for organisation in members["organisations"]:
        did = _text(organisation["did"])
        state.organisations[org_id(did)] = _read_organisation(organisation)
    for log in members["logs"]:
        record = _read_log(log)
        state.logs[log_id(record.org, record.origin)] = record
    for log, leaf, authors in members["statuses"]:
        read = [[_read_status(entry) for entry in entries] for entries in authors]
        state.statuses[_bytes(log), _bytes(leaf)] = {
            entries[0].standing.author: entries for entries in read
        }
    return state


def _read_organisation(members: dict[str, Any]) -> OrganisationRecord:
    record = OrganisationRecord(
        Organisation(
            _text(members["did"]),
            _text(members["name"]),
            Kind(members["kind"]),
            _bytes(members["sponsor"]),
        ),
        _number(members["registered"]),
        suspensions=_read_by_author(members["suspensions"]),
        grants={scope: _read_history(entries) for scope, entries in members["grants"].items()},
        accreditations={
            scope: _read_by_author(by) for scope, by in members["accreditations"].items()
        },
    )
    for x, y, start, until, recorded_at, custody, revocations in members["keys"]:
        point = _bytes(x), _bytes(y)
        record.keys[key_thumbprint(*point)[:8]] = KeyRecord(
            *point,
            _number(start),
            _number(until),
            _number(recorded_at),
            Custody(custody),
            [_read_entry(entry) for entry in revocations],
        )
    return record


def _read_log(members: dict[str, Any]) -> LogRecord:
    anchors = [
        Anchor(_number(size), _number(time), _number(block_number), _bytes(root))
        for size, time, block_number, root in members["anchors"]
    ]
    record = LogRecord(
        _bytes(members["org"]),
        _text(members["origin"]),
        LogState(members["state"]),
        anchors,
        [_bytes(key) for key in members["keys"]],
        _number(members["repudiated"][0]) if members["repudiated"] else None,
    )
    if not record.grows:
        raise ValueError("a log that does not grow")
    return record


def _read_by_author(histories: list[Any]) -> dict[bytes, list[Entry]]:
    return {_bytes(author): _read_history(entries) for author, entries in histories}


def _read_history(entries: list[Any]) -> list[Entry]:
    if not entries:
        raise ValueError("a history without entries")
    return [_read_entry(entry) for entry in entries]


def _read_entry(entry: list[Any]) -> Entry:
    act, reason, effective, until, recorded_at, by = entry
    times = _number(effective), _number(until), _number(recorded_at)
    return Entry(Act(act), Reason(reason), *times, _bytes(by))


def _read_status(entry: list[Any]) -> StatusEntry:
    author, by, status, reason, effective, recorded_at, annulled = entry
    standing = Standing(
        _bytes(author),
        _bytes(by),
        Status(status),
        StatusReason(reason),
        _number(effective),
        _number(recorded_at),
    )
    if type(annulled) is not bool:
        raise TypeError("annulled")
    return StatusEntry(standing, annulled)


def _number(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise TypeError("a number")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("a text")
    return value


def _bytes(text: str) -> bytes:
    value = bytes.fromhex(text)
    if len(value) != 32:
        raise ValueError("32 bytes")
    return value
