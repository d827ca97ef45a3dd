"""The enumerations and the ABI are those of the contracts."""

from __future__ import annotations

import json
import re
from enum import IntEnum
from pathlib import Path
from typing import Any

import pytest

import verifier
from verifier import chain_view
from verifier.chain_view import Kind

ROOT = Path(verifier.__file__).resolve().parent.parent
INTERFACES = ROOT / "contracts" / "src" / "interfaces"
ARTIFACTS = ROOT / "anchor" / "chain" / "artifacts"

OURS = {
    "ITrustRegistry": ("Kind", "Act", "Reason", "Custody", "KeyState", "AccreditationState"),
    "ILogAnchor": ("LogState",),
    "IStatusRegistry": ("Status", "StatusReason"),
}
# What no view answers with.
NOT_NEEDED = {"ITrustRegistry": {"Role"}, "ILogAnchor": set(), "IStatusRegistry": {"AnnulReason"}}


def enums_of(interface: str) -> dict[str, list[str]]:
    """Enumerations of a Solidity interface, by name, with their members in order."""
    source = (INTERFACES / f"{interface}.sol").read_text("utf-8")
    source = re.sub(r"//[^\n]*|/\*.*?\*/", "", source, flags=re.DOTALL)
    return {
        name: [member.strip() for member in body.split(",")]
        for name, body in re.findall(r"\benum\s+(\w+)\s*\{([^}]*)\}", source)
    }


def snake(name: str) -> str:
    """``GrantNotYet`` as ``GRANT_NOT_YET``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).upper()


@pytest.mark.parametrize("interface", OURS)
def test_every_enumeration_of_an_interface_is_known_or_not_needed(interface: str) -> None:
    assert set(enums_of(interface)) == {*OURS[interface], *NOT_NEEDED[interface]}


@pytest.mark.parametrize(
    ("interface", "name"), [(where, name) for where, names in OURS.items() for name in names]
)
def test_an_enumeration_has_the_members_and_numbers_of_the_contract(
    interface: str, name: str
) -> None:
    ours: type[IntEnum] = getattr(chain_view, name)
    theirs = enums_of(interface)[name]
    assert [(member.name, member.value) for member in ours] == [
        (snake(member), number) for number, member in enumerate(theirs)
    ]


def test_every_enumeration_of_the_view_is_compared() -> None:
    defined = {
        name
        for name, value in vars(chain_view).items()
        if isinstance(value, type) and issubclass(value, IntEnum) and value is not IntEnum
    }
    assert defined == {name for names in OURS.values() for name in names}
    assert Kind(4).name == "BODY"


def by_name(entries: list[Any]) -> dict[tuple[str, str], Any]:
    found = {(entry["type"], entry["name"]): entry for entry in entries}
    assert len(found) == len(entries), "no overloads"
    return found


@pytest.mark.parametrize("contract", ["TrustRegistry", "LogAnchor", "StatusRegistry"])
def test_the_abi_is_the_views_and_events_of_the_artifact(contract: str) -> None:
    artifact: Any = json.loads((ARTIFACTS / f"{contract}.json").read_text("utf-8"))
    needed = [
        entry
        for entry in artifact["abi"]
        if entry["type"] == "event" or entry.get("stateMutability") in ("view", "pure")
    ]
    ours = json.loads((ROOT / "verifier" / "view" / "abi.json").read_text("utf-8"))
    assert by_name(ours[contract]) == by_name(needed)
    assert len(needed) > 5
