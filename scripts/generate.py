"""Rebuild every generated file, or with --check name those that are not up to date.

Each generator gives paths and contents, so that writing and checking are the same thing.

Example: python -m scripts.generate --check
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from registry.app import openapi_document
from scripts import compile_contracts, example, vectors

ROOT = Path(__file__).resolve().parent.parent
Files = Mapping[Path, bytes]


def artifacts() -> Files:
    """ABI and bytecode of the contracts, and what the verifier needs of the ABI."""
    compiled = compile_contracts.artifacts(ROOT)
    needed = {
        name: [
            entry
            for entry in artifact["abi"]
            if entry["type"] == "event" or entry.get("stateMutability") in ("view", "pure")
        ]
        for name, artifact in compiled.items()
    }
    files = {
        ROOT / "anchor/chain/artifacts" / f"{name}.json": _pretty(artifact)
        for name, artifact in compiled.items()
    }
    return {**files, ROOT / "verifier/view/abi.json": _pretty(needed)}


def openapi() -> Files:
    """The registry's API."""
    return {ROOT / "registry/openapi.json": _pretty(openapi_document())}


def protocol() -> Files:
    """The worked example in the protocol."""
    path = ROOT / "docs/protocol.md"
    return {path: example.insert(path.read_text("utf-8")).encode()}


def test_vectors() -> Files:
    """The cases that all verifiers share."""
    return {ROOT / "tests/vectors" / name: data for name, data in vectors.files().items()}


GENERATORS: tuple[Callable[[], Files], ...] = (artifacts, openapi, protocol, test_vectors)


def _pretty(value: object) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


def main() -> int:
    """Write or check; the number of files that are not up to date is the news."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail if needed")
    check = parser.parse_args().check
    outdated = 0
    for generator in GENERATORS:
        for path, content in generator().items():
            if path.exists() and path.read_bytes() == content:
                continue
            outdated += 1
            print(f"{'not up to date' if check else 'wrote'}: {path.relative_to(ROOT)}")
            if not check:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
    if check and outdated:
        print("run 'make generate' and commit the result", file=sys.stderr)
    return 1 if check and outdated else 0


if __name__ == "__main__":
    sys.exit(main())
