"""Merkle proofs that others published: every case, accepted or refused as they say.

The cases stand beside the project, in ../shared/data (transparency-dev/merkle, testdata). A plain
clone does not have them; then these tests are skipped, and say so.
"""

from __future__ import annotations

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from tests.refusing import refusal
from verifier.merkle import verify_consistency, verify_inclusion

FOLDER = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "merkle"
COUNT = 98


def read(name: str) -> Any:
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"CONFORMANCE NOT TESTED: the published cases are not at {path.parent}")
    return json.loads(path.read_text("utf-8"))


def hashes(texts: list[str] | None) -> list[bytes]:
    return [b64decode(text) for text in texts or []]


def inclusion(case: Any) -> str | None:
    leaf, root = b64decode(case["leafHash"]), b64decode(case["root"])
    index, size, path = case["leafIdx"], case["treeSize"], hashes(case["proof"])
    return refusal(lambda: verify_inclusion(leaf, index, size, path, root))


def consistency(case: Any) -> str | None:
    old, new, proof = case["size1"], case["size2"], hashes(case["proof"])
    root1, root2 = b64decode(case["root1"]), b64decode(case["root2"])
    return refusal(lambda: verify_consistency(old, root1, new, root2, proof))


@pytest.mark.parametrize(
    ("name", "verify"), [("inclusion.json", inclusion), ("consistency.json", consistency)]
)
def test_every_published_case_comes_out_as_published(name: str, verify: Any) -> None:
    vector = read(name)
    results = {case["name"]: verify(case) for case in vector["cases"]}
    expected = {case["name"]: case["wantErr"] for case in vector["cases"]}
    assert {name: code is not None for name, code in results.items()} == expected
    assert len(results) == len(vector["cases"]) == vector["count"] == COUNT
    assert sum(expected.values()) > COUNT // 2
