"""How a case of a whole verification is written: what goes in, and the page's word on it.

``file`` is the proof file, ``trust`` the configuration, ``view`` the chain's state as in a snapshot
(or ``unavailable``: the code with which the chain could not be read), ``now`` the clock.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tests.cases import Case, inputs
from tests.chain import state
from tests.world import LOG_KEY, NOW, proof_of
from verifier.proof import ProofFile
from verifier.view import snapshot
from verifier.view.state import ChainState

# The eight checks when all is well.
PASSES = (
    "format_ok",
    "content_ok",
    "signature_ok",
    "key_ok",
    "accreditation_ok",
    "inclusion_ok",
    "anchor_ok",
    "in_force_ok",
)
EXIT_CODES = {"valid": 0, "not_genuine": 1, "not_in_force": 3, "unverifiable": 4,
              "not_authorised": 5}  # fmt: skip
ALWAYS = ("number_not_proven_unique", "object_not_seen")

Words = Mapping[int, tuple[str, str]]


def fails(code: str) -> tuple[str, str]:
    return "fail", code


def unknown(code: str) -> tuple[str, str]:
    return "unknown", code


def stops(number: int, code: str, result: str = "fail") -> dict[int, tuple[str, str]]:
    """Check ``number`` decides alone; those after it are not reached."""
    rest = {later: unknown("not_reached") for later in range(number + 1, 9)}
    return {number: (result, code), **rest}


def all_unknown(code: str) -> dict[int, tuple[str, str]]:
    """What a chain that cannot be read leaves."""
    return {number: unknown(code) for number in range(3, 9)}


# Waiting for the chain, with a good checkpoint.
WAITING = {6: ("pass", "inclusion_signed"), 7: unknown("not_yet_anchored")}
NEVER_ANCHORED = ((1, -5000), (2, -50))


def judged(
    name: str,
    why: str,
    verdict: str,
    deciding: int,
    words: Words | None = None,
    *,
    file: ProofFile | str | bytes | None = None,
    view: ChainState | str | None = None,
    now: int = NOW,
    outcome: str | None = "pass",
    notes: Sequence[str] = (),
    values: Mapping[str, str] | None = None,
) -> Case:
    """A case: ``words`` are the results and codes of checks that do not simply pass.

    ``deciding`` is the number of the check that the verdict rests on, ``values`` what its sentence
    names. A case whose content was not compared has no outcome and no notes.
    """
    made = proof_of() if file is None else file
    data = made.encode() if isinstance(made, ProofFile) else made
    checks = [list((words or {}).get(n, ("pass", PASSES[n - 1]))) for n in range(1, 9)]
    return {
        "name": name,
        "why": why,
        "file": inputs(data),
        "trust": json.loads((view if isinstance(view, ChainState) else state()).trust.encode()),
        **_seen(view),
        "now": now,
        "verdict": verdict,
        "exit_code": EXIT_CODES[verdict],
        "outcome": outcome,
        "checks": checks,
        "values": dict(values or {}),
        "notes": sorted((*ALWAYS, *notes)) if outcome else [],
        "valid": verdict == "valid",
        "error_code": None if verdict == "valid" else checks[deciding - 1][1],
    }


def _seen(view: ChainState | str | None) -> dict[str, Any]:
    if isinstance(view, str):
        return {"view": None, "unavailable": view}
    note = snapshot.write(view or state(), "vectors.example", LOG_KEY).decode()
    return {"view": json.loads(note.split("\n")[1]), "unavailable": None}
