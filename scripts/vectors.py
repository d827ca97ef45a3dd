"""Write the test vectors that every verifier shares, or check that they are up to date.

Example: python -m scripts.vectors --check
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.cases import (
    Case,
    binary_cases,
    checkpoint_cases,
    claims_cases,
    document,
    file_cases,
    json_cases,
    merkle_cases,
    name_cases,
    note_cases,
    statement_cases,
    tile_cases,
    verification_entitlement,
    verification_files,
    verification_log,
    verification_standing,
    verification_times,
)

FOLDER = Path(__file__).resolve().parent.parent / "tests" / "vectors"

# File, what its cases are about, and what gives them.
FORMATS: tuple[tuple[str, str, Callable[[], list[Case]]], ...] = (
    ("json_encode", "RFC 8785 encoding", json_cases.encoding_cases),
    ("json_canonical", "strict parsing of canonical JSON", json_cases.parsing_cases),
    ("json_free", "strict parsing of JSON in free spelling", json_cases.free_cases),
    ("base64", "base64url without padding, base64 with it", binary_cases.base64_cases),
    ("cbor", "deterministic CBOR", binary_cases.cbor_cases),
    ("short_codes", "short codes", binary_cases.code_cases),
    ("names", "names, dates and ids", name_cases.cases),
    ("disclosures", "disclosures", claims_cases.disclosure_cases),
    ("claims", "claims with their disclosures", claims_cases.claims_cases),
    ("statements", "COSE_Sign1 statements", statement_cases.cases),
    ("merkle_inclusion", "RFC 9162 inclusion proofs", merkle_cases.inclusion_cases),
    ("merkle_consistency", "RFC 9162 consistency proofs", merkle_cases.consistency_cases),
    ("notes", "signed notes", note_cases.note_cases),
    ("note_keys", "keys of signed notes", note_cases.key_cases),
    ("checkpoints", "log checkpoints", checkpoint_cases.checkpoint_cases),
    ("bundles", "bundles of a log's entries", tile_cases.bundle_cases),
    ("tile_edges", "names of a log's narrow tiles", tile_cases.edge_cases),
    ("proof_files", "proof files, before their parts are opened", file_cases.cases),
    ("verification_files", "whole verifications: the file", verification_files.cases),
    ("verification_log", "whole verifications: log and anchor", verification_log.cases),
    ("verification_entitlement", "whole verifications: key and accreditation",
     verification_entitlement.cases),
    ("verification_standing", "whole verifications: status and precedence",
     verification_standing.cases),
    ("verification_times", "whole verifications: times", verification_times.cases),
)  # fmt: skip


def files() -> Mapping[str, bytes]:
    """The names of all vector files, and what stands in them."""
    return {f"{name}.json": document(about, cases()) for name, about, cases in FORMATS}


def main() -> int:
    """Write them, or with --check name those that differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail if needed")
    check = parser.parse_args().check
    made = files()
    outdated = [
        name
        for name, data in made.items()
        if not (FOLDER / name).exists() or (FOLDER / name).read_bytes() != data
    ]
    unknown = sorted(path.name for path in FOLDER.glob("*.json") if path.name not in made)
    for name in outdated:
        print(f"{'not up to date' if check else 'wrote'}: tests/vectors/{name}")
        if not check:
            (FOLDER / name).write_bytes(made[name])
    for name in unknown:
        print(f"no generator makes tests/vectors/{name}", file=sys.stderr)
    return 1 if unknown or (check and outdated) else 0


if __name__ == "__main__":
    sys.exit(main())
