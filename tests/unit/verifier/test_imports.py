"""The core imports the standard library and four packages, and does no input or output."""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import verifier

CORE = Path(verifier.__file__).resolve().parent
ALLOWED = {"cbor2", "cryptography", "orjson", "rfc8785"}
# Of the standard library: what talks to the world, or changes from call to call.
WORLD = {
    "asyncio", "ctypes", "http", "io", "locale", "logging", "os", "pathlib", "pickle", "random",
    "secrets", "shutil", "signal", "socket", "sqlite3", "ssl", "subprocess", "sys", "tempfile",
    "threading", "time", "urllib", "uuid",
}  # fmt: skip


def core_modules() -> list[str]:
    """The core as import-linter's contract lists it."""
    settings = tomllib.loads((CORE.parent / "pyproject.toml").read_text("utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    (modules,) = (
        contract["source_modules"] for contract in contracts if "core" in contract["name"]
    )
    return sorted(modules)


def path_of(module: str) -> Path:
    path = CORE.parent.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def imported(path: Path) -> Iterator[str]:
    """Whole names of everything a module imports."""
    for item in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(item, ast.Import):
            yield from (alias.name for alias in item.names)
        elif isinstance(item, ast.ImportFrom):
            assert item.level == 0, "imports are absolute"
            assert item.module
            yield from (f"{item.module}.{alias.name}" for alias in item.names)


def in_core(name: str, core: set[str]) -> bool:
    """Whether an import from the project stays within the core."""
    parts = name.split(".")
    return any(".".join(parts[:count]) in core for count in range(2, len(parts) + 1))


@pytest.mark.parametrize("module", [*core_modules(), "verifier"])
def test_a_core_module_imports_nothing_else(module: str) -> None:
    core = {*core_modules()}
    for name in imported(path_of(module)):
        top = name.split(".")[0]
        if top == "verifier":
            assert in_core(name, core), f"{module} imports {name}"
        else:
            assert top in ALLOWED or top in sys.stdlib_module_names, f"{module} imports {name}"
            assert top not in WORLD, f"{module} imports {name}"


def test_the_core_reads_no_clock_and_opens_no_file() -> None:
    names = {"open", "print", "input", "eval", "exec"}
    attributes = {"now", "today", "utcnow", "environ", "monotonic"}
    used = set()
    for module in core_modules():
        for item in ast.walk(ast.parse(path_of(module).read_text("utf-8"))):
            if isinstance(item, ast.Name) and item.id in names:
                used.add((module, item.id))
            if isinstance(item, ast.Attribute) and item.attr in attributes:
                used.add((module, item.attr))
    assert used == set()


def test_every_module_is_in_the_core_or_known_not_to_be() -> None:
    outside = {
        "verifier.audit_cli", "verifier.audit_pool", "verifier.cli", "verifier.display",
        "verifier.lookup", "verifier.published", "verifier.qr",
    }  # fmt: skip
    found = {f"verifier.{path.stem}" for path in CORE.glob("*.py") if path.stem != "__init__"} | {
        "verifier.types"
    }
    assert found - outside == set(core_modules())
