"""What every entry of a log is held to: a statement of the log's body, numbered once, signed."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from verifier import statement
from verifier.audit_findings import Finding
from verifier.audit_tree import Batch
from verifier.errors import ProofError, UnsupportedError
from verifier.names import parse_vct, require_name
from verifier.statement import Header, Statement

_PARTS = 64


@dataclass(frozen=True, slots=True)
class Rules:
    """What the entries of one log are compared with.

    ``did``: the body's, or None if it is not known. ``keys``: its keys by kid, as coordinates (x,
    y), or None if signatures are not verified. ``view_time`` (seconds since 1970) and ``stale`` are
    those of the view that gave the keys: a key that it lacks may have been registered since.
    """

    did: str | None
    keys: Mapping[bytes, tuple[bytes, bytes]] | None
    view_time: int
    stale: bool


class Checked(NamedTuple):
    """A batch that was checked: how many entries, their numbers by index, what was found."""

    entries: int
    numbers: list[tuple[int, str]]
    findings: list[Finding]


def check(batch: Batch, rules: Rules) -> Checked:
    """Hold each entry of a batch to the rules."""
    numbers, findings = list[tuple[int, str]](), list[Finding]()
    for index, entry in enumerate(batch.entries, batch.first):
        if entry is None:
            continue
        try:
            parsed = parse(entry)
        except (ProofError, UnsupportedError) as error:
            unknown = isinstance(error, UnsupportedError)
            said = f"{error.message} ({error.place})"
            findings.append(Finding(error.code, batch.path, said, index, unknown))
            continue
        numbers.append((index, parsed.header.sub))
        for code, said, unknown in _faults(index, parsed, rules):
            findings.append(Finding(code, batch.path, said, index, unknown))
    return Checked(len(batch.entries), numbers, findings)


def parse(entry: bytes) -> Statement:
    """A statement whose names are well-formed; raises ProofError or UnsupportedError."""
    parsed = statement.parse(entry)
    require_name("did", parsed.header.iss, "statement.iss")
    require_name("sub", parsed.header.sub, "statement.sub")
    parse_vct(parsed.header.vct, "statement.vct")
    return parsed


def _faults(index: int, parsed: Statement, rules: Rules) -> Iterator[tuple[str, str, bool]]:
    """Codes and messages of what is wrong with a statement, or (True) could not be judged."""
    header = parsed.header
    genesis = header.vct.startswith("urn:tem:log:genesis:")
    if genesis and index:
        yield "genesis_repeated", "Only entry 0 names the log.", False
    if not genesis and not index:
        yield "genesis_missing", "Entry 0 has to name the log.", False
    if rules.did is not None and header.iss != rules.did:
        yield "issuer_differs", f"The issuer is {header.iss}, not {rules.did}.", False
    elif rules.keys is not None:
        key = rules.keys.get(header.kid)
        if key is None:
            yield _unknown_key(header, rules)
            return
        try:
            statement.verify_signature(parsed, *key)
        except ProofError as error:
            yield error.code, error.message, False


def _unknown_key(header: Header, rules: Rules) -> tuple[str, str, bool]:
    """A key that the view lacks, which is wrong only if the view would have it."""
    kid = header.kid.hex()
    if header.iat > rules.view_time:
        return "view_older_than_record", f"Key {kid} may have been registered since.", True
    if rules.stale:
        return "view_too_old", f"Key {kid} may have been registered since.", True
    return "key_unknown", f"The body never registered the key {kid}.", False


class Numbers:
    """The numbers of a whole log, 16 bytes each, to find those that stand there twice."""

    def __init__(self) -> None:
        self._hashes = [array("q") for _ in range(_PARTS)]
        self._indices = [array("q") for _ in range(_PARTS)]

    def add(self, index: int, number: str) -> None:
        """Take up the number of entry ``index``; indices grow."""
        hashed = hash(number)  # keyed by the process: nobody can aim at it
        part = hashed % _PARTS
        self._hashes[part].append(hashed)
        self._indices[part].append(index)

    def alike(self) -> Iterator[tuple[int, int]]:
        """Pairs of entries, the first and a later one, whose numbers are the same, or by a rare
        chance have the same hash."""
        for hashes, indices in zip(self._hashes, self._indices, strict=True):
            if len(set(hashes)) == len(hashes):
                continue
            first = dict[int, int]()
            for hashed, index in zip(hashes, indices, strict=True):
                earlier = first.setdefault(hashed, index)
                if earlier != index:
                    yield earlier, index
