"""Compile the contracts with py-solc-x into the artifacts that are committed.

The compiler is scripts/solc and the settings are foundry.toml's, so forge tests the very bytes
that are deployed. Users never compile.

Example: python -m scripts.compile_contracts --check
"""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from solcx import compile_standard

ROOT = Path(__file__).resolve().parent.parent
FOLDER = "anchor/chain/artifacts"
CONTRACTS = ("TrustRegistry", "LogAnchor", "StatusRegistry")
OUTPUTS = ("abi", "evm.bytecode.object", "evm.deployedBytecode.object", "metadata")

Artifact = dict[str, Any]


def artifacts(root: Path) -> dict[str, Artifact]:
    """Compiler, settings, ABI and bytecode of each contract below ``root``, the project's folder.

    Raises solcx.exceptions.SolcError when the contracts do not compile.
    """
    settings = _settings(root)
    # Names relative to the project: the same bytes wherever it stands.
    sources = {
        path.relative_to(root).as_posix(): {"content": path.read_text("utf-8")}
        for path in sorted((root / "contracts/src").rglob("*.sol"))
    }
    request = {"language": "Solidity", "sources": sources}
    request["settings"] = settings | {"outputSelection": {"*": {"*": list(OUTPUTS)}}}
    output = compile_standard(request, solc_binary=root / "scripts/solc")
    return {
        name: _artifact(output["contracts"][f"contracts/src/{name}.sol"][name], settings)
        for name in CONTRACTS
    }


def differences(committed: Mapping[str, Any], compiled: Artifact) -> list[str]:
    """The parts of an artifact that are not as compiled."""
    return [part for part in compiled if committed.get(part) != compiled[part]]


def _settings(root: Path) -> dict[str, Any]:
    profile = tomllib.loads((root / "foundry.toml").read_text("utf-8"))["profile"]["default"]
    return {
        "evmVersion": profile["evm_version"],
        "optimizer": {"enabled": profile["optimizer"], "runs": profile["optimizer_runs"]},
        "metadata": {
            "bytecodeHash": profile["bytecode_hash"],
            "appendCBOR": profile["cbor_metadata"],
        },
    }


def _artifact(contract: Mapping[str, Any], settings: dict[str, Any]) -> Artifact:
    return {
        "compiler": json.loads(contract["metadata"])["compiler"]["version"],
        "settings": settings,
        "abi": contract["abi"],
        "bytecode": "0x" + contract["evm"]["bytecode"]["object"],
        "deployedBytecode": "0x" + contract["evm"]["deployedBytecode"]["object"],
    }


def main() -> int:
    """Write the artifacts, or with --check name what in the committed ones is not as compiled."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail if needed")
    check = parser.parse_args().check
    outdated = False
    for name, compiled in artifacts(ROOT).items():
        path = ROOT / FOLDER / f"{name}.json"
        parts = differences(json.loads(path.read_text("utf-8")) if path.exists() else {}, compiled)
        if not parts:
            continue
        outdated = True
        print(f"{FOLDER}/{name}.json is not as compiled: {', '.join(parts)}")
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(compiled, indent=2, ensure_ascii=False) + "\n", "utf-8")
    if check and outdated:
        print("run 'make generate' and commit the result", file=sys.stderr)
    return 1 if check and outdated else 0


if __name__ == "__main__":
    sys.exit(main())
