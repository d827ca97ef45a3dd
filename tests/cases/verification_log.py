"""Whole verifications about the log: path, size, checkpoint, anchor."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests import reference_tree
from tests.cases import Case
from tests.cases.checkpoint_cases import b64
from tests.cases.judging import NEVER_ANCHORED, WAITING, Words, fails, judged, unknown
from tests.cases.note_cases import line
from tests.cases.verification_files import PROOF
from tests.chain import anchored_at, granted, state
from tests.changes import accredited, key_is, org_suspended, revoked, suspended
from tests.world import (
    BOA,
    BODY,
    CORE,
    GENESIS,
    INDEX,
    LOG,
    LOG_KEY,
    ORIGIN,
    OTHER_LOG_KEY,
    RECORD,
    SIZE,
    TA,
    T,
    issue,
    leaves_with,
    proof_of,
)
from verifier.chain_view import Anchor, LogState, Reason
from verifier.names import log_id
from verifier.proof import ProofFile
from verifier.view.state import ChainState, LogRecord

WAITS = anchored_at(*NEVER_ANCHORED)
LEAVES = leaves_with()
ROOT = reference_tree.root(LEAVES)
OTHER = reference_tree.leaf(b"no such entry")


def cases() -> list[Case]:
    return [*_anchored(), *_paths(), *_without_anchor(), *_checkpoints(), *_unknown_logs()]


def forged(
    name: str, why: str, words: Words, number: int, file: ProofFile | str, **more: Any
) -> Case:
    return judged(name, why, "not_genuine", number, words, file=file, **more)


def _anchored() -> list[Case]:
    later = leaves_with(RECORD, 7)
    twice = anchored_at((1, -5000), (2, -50), (5, 10), (7, 15))

    def holds(size: int, root: bytes) -> ChainState:
        chain = state()
        anchors = chain.logs[LOG].anchors
        chain.logs[LOG].anchors = [replace(a, root=root) if a.size == size else a for a in anchors]
        return chain

    return [
        judged("later size", "Ta is that of the first size above the index, whatever size is used",
               "valid", 8, file=proof_of(RECORD, later), view=state(RECORD, twice)),
        judged("first size, log grown since", "an anchor stays", "valid", 8,
               view=state(RECORD, twice)),
        judged("last of its log", "the index is the last one", "valid", 8,
               file=proof_of(RECORD, LEAVES[:4]),
               view=state(RECORD, anchored_at((1, -5000), (4, 10)))),
        forged("another root held", "the contract holds another history",
               {7: fails("anchor_differs")}, 7, PROOF, view=holds(SIZE, OTHER)),
        forged("leaf of another log", "not in this log", {7: fails("anchor_differs")}, 7,
               proof_of(issue({**CORE, "sub": "V26.00009"}))),
        forged("wrong checkpoint, another root held", "the contract's word counts",
               {7: fails("anchor_differs")}, 7, replace(PROOF, checkpoint=_checkpoint(root=OTHER)),
               view=holds(SIZE, OTHER)),
        judged("wrong checkpoint, root held", "a checkpoint counts only where there is no anchor",
               "valid", 8, file=replace(PROOF, checkpoint=_checkpoint(root=OTHER))),
    ]  # fmt: skip


def _paths() -> list[Case]:
    """The root is held; the path is not the record's."""
    malformed = {6: fails("path_malformed")}
    differs = {7: fails("anchor_differs")}
    path = PROOF.path
    inner = reference_tree.root(LEAVES[2:4])
    # The contract holds size 2, not 4 or 6: what the file says of these is the checkpoint's.
    beside = {6: fails("checkpoint_size_differs"), 7: unknown("proof_outdated")}
    beyond = {**beside, 7: unknown("not_yet_anchored")}
    return [
        forged("path short", "it ends below the root", malformed | _also(), 6,
               replace(PROOF, path=path[:-1])),
        forged("path empty", "it ends below the root", malformed | _also(), 6,
               replace(PROOF, path=())),
        forged("path long", "it goes on above the root", malformed | _also(), 6,
               replace(PROOF, path=(*path, OTHER))),
        forged("root appended", "it goes on above the root", malformed | _also(), 6,
               replace(PROOF, path=(*path, ROOT))),
        forged("path swapped", "the leaf's side comes first", differs, 7,
               replace(PROOF, path=(path[1], path[0], path[2]))),
        forged("hash changed", "another root", differs, 7,
               replace(PROOF, path=(OTHER, *path[1:]))),
        forged("inner node in the path", "another root", differs, 7,
               replace(PROOF, path=(inner, *path[1:]))),
        forged("another index", "left and right", differs, 7, replace(PROOF, index=INDEX - 1)),
        forged("index of the last leaf", "its path is shorter", malformed | _also(), 6,
               replace(PROOF, index=4)),
        forged("index = size", "no such leaf", malformed | _also(), 6, replace(PROOF, index=5)),
        forged("index above size", "no such leaf", malformed | _also(), 6,
               replace(PROOF, index=2**40 - 1)),
        forged("size 0", "the empty tree", malformed | _also("proof_outdated"), 6,
               replace(PROOF, size=0)),
        forged("size - 1", "the root may fit, the size does not", malformed
               | _also("proof_outdated"), 6, replace(PROOF, size=4)),
        forged("size + 1", "the root fits, the size does not", beyond, 6, replace(PROOF, size=6)),
        waiting("size + 1, no checkpoint", "a size that nobody vouches for is no proof",
                {6: unknown("checkpoint_missing"), 7: unknown("not_yet_anchored")},
                file=replace(PROOF, size=6, checkpoint=None), view=state()),
        forged("size of an older anchor", "not in it yet", malformed | _also(), 6,
               replace(PROOF, size=2)),
        forged("older size, index below it", "the contract holds another root", differs, 7,
               replace(PROOF, size=2, index=1, path=(OTHER,))),
        forged("checkpoint of an older size", "the contract passed it",
               {6: fails("checkpoint_root_differs"), 7: unknown("proof_outdated")}, 6,
               replace(proof_of(RECORD, LEAVES[:4]), checkpoint=_checkpoint(4, OTHER))),
    ]  # fmt: skip


def _also(code: str = "") -> dict[int, tuple[str, str]]:
    """Check 7 beside a malformed path: the contract's root differs from none, or lacks the size."""
    return {7: unknown(code) if code else fails("anchor_differs")}


def _checkpoint(
    size: int = SIZE, root: bytes = ROOT, origin: str = ORIGIN, name: str = "", key: Any = LOG_KEY
) -> str:
    body = f"{origin}\n{size}\n{b64(root)}\n"
    return f"{body}\n{line(body, name or origin, key)}"


def waiting(name: str, why: str, words: Words, **parts: Any) -> Case:
    file = parts.pop("file", PROOF)
    more = {"view": state(RECORD, WAITS), **parts}
    number = min(n for n, (result, _) in words.items() if result == "unknown")
    return judged(name, why, "unverifiable", number, words, file=file, **more)


def _without_anchor() -> list[Case]:
    outdated = anchored_at((1, -5000), (2, -50), (7, 10))
    missing = unknown("checkpoint_missing")
    return [
        waiting("not yet anchored", "signed, in the log, waiting for the chain", WAITING),
        waiting("not yet anchored, no checkpoint", "nobody vouches for the root",
                {6: missing, 7: unknown("not_yet_anchored")},
                file=replace(PROOF, checkpoint=None)),
        waiting("log closed before it was anchored", "nothing will be anchored there any more",
                {**WAITING, 7: unknown("log_closed")},
                view=state(RECORD, WAITS, lambda chain: setattr(
                    chain.logs[LOG], "state", LogState.CLOSED))),
        waiting("proof outdated", "the contract passed this size without holding it",
                {**WAITING, 7: unknown("proof_outdated")}, view=state(RECORD, outdated)),
        waiting("proof outdated, no checkpoint", "ask for a new file",
                {6: missing, 7: unknown("proof_outdated")},
                file=replace(PROOF, checkpoint=None), view=state(RECORD, outdated)),
        waiting("proof outdated, key expired since", "it may have been valid when it was anchored",
                {**WAITING, 4: unknown("proof_outdated"), 7: unknown("proof_outdated")},
                view=state(RECORD, outdated, key_is(until=TA + 10))),
        waiting("proof outdated, key stolen since", "perhaps after it was anchored",
                {**WAITING, 4: unknown("proof_outdated"), 7: unknown("proof_outdated")},
                view=state(RECORD, outdated, revoked(TA + 10, reason=Reason.COMPROMISED))),
        waiting("proof outdated, issuer suspended since", "it may have been active then",
                {**WAITING, 5: unknown("proof_outdated"), 7: unknown("proof_outdated")},
                view=state(RECORD, outdated, org_suspended(suspended(TA + 10, BOA)))),
        waiting("proof outdated, accreditation ended since", "it may have held then",
                {**WAITING, 5: unknown("proof_outdated"), 7: unknown("proof_outdated")},
                view=state(RECORD, outdated, accredited(granted(BOA, until=TA + 10)))),
        waiting("extension in the checkpoint", "further lines are allowed", WAITING,
                file=replace(PROOF, checkpoint=_extended())),
        waiting("witness beside the log", "other signatures are ignored", WAITING,
                file=replace(PROOF, checkpoint=str(PROOF.checkpoint)
                             + line("x", "witness.example", OTHER_LOG_KEY))),
        waiting("checkpoint by an older key", "every key that ever signed for the log counts",
                WAITING, view=state(RECORD, WAITS, _second_key)),
        waiting("checkpoint by a newer key", "every key that ever signed for the log counts",
                WAITING, view=state(RECORD, WAITS, _second_key),
                file=replace(PROOF, checkpoint=_checkpoint(key=OTHER_LOG_KEY))),
    ]  # fmt: skip


def _extended() -> str:
    body = f"{ORIGIN}\n{SIZE}\n{b64(ROOT)}\nmore\n"
    return f"{body}\n{line(body, ORIGIN, LOG_KEY)}"


def _second_key(chain: ChainState) -> None:
    public = OTHER_LOG_KEY.public_key().public_bytes_raw()
    chain.logs[LOG].checkpoint_keys += [bytes(32), public]


def _checkpoints() -> list[Case]:
    """Not anchored: the checkpoint has to vouch for the root."""
    seven = unknown("not_yet_anchored")

    def bad(name: str, why: str, code: str, checkpoint: str) -> Case:
        return forged(name, why, {6: fails(code), 7: seven}, 6,
                      replace(PROOF, checkpoint=checkpoint), view=state(RECORD, WAITS))  # fmt: skip

    good = str(PROOF.checkpoint)
    wrong = "checkpoint_signature_wrong"
    return [
        bad("checkpoint of another log", "its origin is another", "checkpoint_origin_differs",
            _checkpoint(origin="tem.example/other")),
        bad("checkpoint of another size", "the file's size has to be signed",
            "checkpoint_size_differs", _checkpoint(size=6)),
        bad("checkpoint of another root", "the path leads elsewhere", "checkpoint_root_differs",
            _checkpoint(root=OTHER)),
        bad("checkpoint by another key", "not a key of this log", wrong,
            _checkpoint(key=OTHER_LOG_KEY)),
        bad("checkpoint under another name", "named like the origin", wrong,
            _checkpoint(name="tem.example/other")),
        bad("checkpoint by a witness alone", "the log itself has to sign", wrong,
            _checkpoint(name="witness.example", key=OTHER_LOG_KEY)),
        bad("checkpoint with a changed line", "the text is signed", wrong,
            good.replace("\n\n", "\nmore\n\n")),
        bad("signature of another checkpoint", "the text is signed", wrong,
            good.split("\n\n")[0] + "\n\n" + _checkpoint(root=OTHER).split("\n\n")[1]),
        forged("size + 1 with a checkpoint of the true size", "the file's size has to be signed",
               {6: fails("checkpoint_size_differs"), 7: seven}, 6, replace(PROOF, size=6),
               view=state(RECORD, WAITS)),
        forged("path malformed, not anchored", "what the file alone shows",
               {6: fails("path_malformed"), 7: seven}, 6, replace(PROOF, path=PROOF.path[:-1]),
               view=state(RECORD, WAITS)),
        forged("log without a checkpoint key", "nobody can have signed it",
               {6: fails("checkpoint_key_unknown"), 7: seven}, 6, PROOF,
               view=state(RECORD, WAITS, lambda chain: chain.logs[LOG].checkpoint_keys.clear())),
        forged("log whose key was set to none", "zero is no key",
               {6: fails("checkpoint_key_unknown"), 7: seven}, 6, PROOF,
               view=state(RECORD, WAITS, lambda chain: chain.logs[LOG].checkpoint_keys.__setitem__(
                   0, bytes(32)))),
    ]  # fmt: skip


def _unknown_logs() -> list[Case]:
    """Statements that count in no log, or in another one."""
    elsewhere = issue({**CORE, "log": "tem.example/second"})
    words = {6: fails("log_unknown"), 7: unknown("not_yet_anchored")}
    moved = replace(proof_of(elsewhere), origin="tem.example/second")
    second = log_id(BODY.id, "tem.example/second")

    def opened(chain: ChainState) -> None:
        anchors = [Anchor(1, T - 60, 9, GENESIS.leaf), Anchor(SIZE, TA, 30, ROOT)]
        chain.logs[second] = LogRecord(BODY.id, "tem.example/second", anchors=anchors)

    return [
        forged("log never opened", "the issuer has no such log", words, 6, moved),
        forged("log never opened, no checkpoint", "the issuer has no such log", words, 6,
               replace(moved, checkpoint=None)),
        forged("path of the body's other log", "a statement counts in the log that it names",
               {7: fails("anchor_differs")}, 7, moved, view=state(RECORD, anchored_at(), opened)),
        forged("genesis at another index", "it is entry 0", {7: fails("anchor_differs")}, 7,
               replace(proof_of(GENESIS, LEAVES, index=1), index=1), outcome="none"),
    ]  # fmt: skip
