"""The clients of the contracts, function by function, against the ABIs."""

from __future__ import annotations

import inspect
import re
from dataclasses import fields, is_dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from anchor.chain import abi, log_anchor, status_registry, trust_registry
from anchor.chain.contract import Call, Contract
from anchor.chain.network import Network
from anchor.chain.node import Node
from anchor.errors import snake_case
from verifier import chain_view

CLIENTS: tuple[type[Contract], ...] = (
    trust_registry.TrustRegistry,
    log_anchor.LogAnchor,
    status_registry.StatusRegistry,
)
INTERFACES = Path(__file__).resolve().parents[3] / "contracts/src/interfaces"
FUNCTIONS = [
    (client, entry)
    for client in CLIENTS
    for entry in abi.artifact(client.name)["abi"]
    if entry["type"] == "function"
]
STRUCTS: dict[str, Any] = {
    name: kind
    for module in (chain_view, log_anchor, status_registry, trust_registry)
    for name, kind in vars(module).items()
    if is_dataclass(kind)
}


def python_name(name: str) -> str:
    return snake_case(name.lstrip("_"))


def test_there_are_functions_to_compare() -> None:
    assert len(FUNCTIONS) > 50


@pytest.mark.parametrize(("client", "entry"), FUNCTIONS, ids=lambda v: getattr(v, "name", ""))
def test_every_function_has_a_method_with_its_arguments(client: type[Contract], entry: Any) -> None:
    method = getattr(client, python_name(entry["name"]))
    arguments = [name.rstrip("_") for name in inspect.signature(method).parameters][1:]
    expected = [python_name(parameter["name"]) for parameter in entry["inputs"]]
    view = entry["stateMutability"] in ("view", "pure")
    assert arguments == expected + ["block"] * view
    assert (get_type_hints(method)["return"] is Call) is not view


@pytest.mark.parametrize("client", CLIENTS)
def test_every_method_has_a_function(client: type[Contract]) -> None:
    functions = {python_name(entry["name"]) for owner, entry in FUNCTIONS if owner is client}
    methods = {name for name in vars(client) if not name.startswith("_")} - {"name"}
    assert methods == functions


def structs() -> dict[str, Any]:
    """Every struct of the ABIs by name, with its components."""
    found = dict[str, Any]()

    def collect(parameter: Any) -> None:
        for component in parameter.get("components", ()):
            collect(component)
        if "components" in parameter:
            found[parameter["internalType"].rpartition(".")[2].rstrip("[]")] = parameter

    for _, entry in FUNCTIONS:
        for parameter in [*entry["inputs"], *entry["outputs"]]:
            collect(parameter)
    return found


@pytest.mark.parametrize("name", sorted(structs()))
def test_every_struct_has_its_fields_in_order(name: str) -> None:
    renamed = {"start": "from"}
    ours = [renamed.get(field.name, field.name) for field in fields(STRUCTS[name])]
    assert ours == [python_name(component["name"]) for component in structs()[name]["components"]]


def declared_enums() -> dict[str, list[str]]:
    source = "".join(path.read_text() for path in sorted(INTERFACES.glob("*.sol")))
    return {
        name: [snake_case(member.strip()).upper() for member in body.split(",")]
        for name, body in re.findall(r"enum (\w+) \{([^}]*)\}", source)
    }


@pytest.mark.parametrize("name", sorted(declared_enums()))
def test_every_enum_has_its_members_in_order(name: str) -> None:
    modules = (chain_view, trust_registry, log_anchor, status_registry)
    kind = next(vars(module)[name] for module in modules if name in vars(module))
    assert issubclass(kind, IntEnum)
    assert [member.name for member in kind] == declared_enums()[name]
    assert [member.value for member in kind] == list(range(len(kind)))


def test_an_act_is_the_call_that_the_abi_says() -> None:
    node = Node(Network(("http://127.0.0.1:1",), 1))
    contract = trust_registry.TrustRegistry(node, "0x" + "AB" * 20)
    call = contract.set_operator(b"\x01" * 32, "0x" + "02" * 20, trust_registry.Role.STATUS, True)
    assert (call.purpose, call.to) == ("TrustRegistry.setOperator", "0x" + "ab" * 20)
    words = [call.data[4 + 32 * n : 36 + 32 * n] for n in range(4)]
    assert words[0] == b"\x01" * 32
    assert words[1] == bytes(12) + b"\x02" * 20
    assert [int.from_bytes(word) for word in words[2:]] == [1, 1]
    assert len(call.data) == 4 + 4 * 32
