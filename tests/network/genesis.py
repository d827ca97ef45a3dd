"""A new chain of so many validators: their folders, their keys, and the block they begin with.

Nothing here is secret or worth keeping: the keys belong to a chain that lives in a test's folder.
"""

from __future__ import annotations

import json
import random
import re
import shutil
import socket
import subprocess
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

COSMOS_ID = "tem-test"
"""The chain's name below the EVM; what Ethereum's clients see is ``nodes.CHAIN_ID``."""
DENOM = "atest"
STAKE = 10**21
FUNDS = 10**22

# Below the ports that systems give to outgoing connections: one of a dead validator stays free.
PORTS = range(20_000, 32_000)

_CLIENT = {"chain-id": f'"{COSMOS_ID}"'}  # without it evmd does not know its own coin
_NODE = {
    "addr_book_strict": "false",  # all of them live on 127.0.0.1
    "allow_duplicate_ip": "true",
    "pex": "false",
    "persistent_peers_max_dial_period": '"5s"',  # a long cut ends as soon as it is healed
    "timeout_commit": '"800ms"',
    "pprof_laddr": '""',
}


@dataclass(frozen=True, slots=True)
class Ports:
    """Where one validator listens; ``lines``: the ports by which it may reach each other one."""

    peers: int
    status: int
    rpc: int
    websocket: int
    lines: dict[int, int]


def make(evmd: Path, folder: Path, count: int) -> None:
    """Make the folders ``validator-0`` … in ``folder``, all of them or none."""
    unfinished = folder / "unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    homes = [unfinished / f"validator-{number}" for number in range(count)]
    for home in homes:
        home.mkdir(parents=True)
    with ThreadPoolExecutor(2) as pool:
        accounts = list(pool.map(lambda home: _begun(evmd, home), homes))
        genesis = json.loads(_genesis(homes[0]).read_bytes())
        _settle(genesis, accounts)
        _write(genesis, homes)
        joined = list(pool.map(lambda home: _joined(evmd, home), homes))
        genesis["app_state"]["genutil"]["gen_txs"] = joined
    _write(genesis, homes)
    for home, taken in zip(homes, _ports(count), strict=True):
        (home / "ports.json").write_text(json.dumps(asdict(taken)))
    for home in homes:
        home.rename(folder / home.name)
    unfinished.rmdir()


def ports(home: Path) -> Ports:
    """Where the validator of that folder listens."""
    found = json.loads((home / "ports.json").read_text())
    lines = {int(other): port for other, port in found.pop("lines").items()}
    return Ports(**found, lines=lines)


def peer_id(home: Path) -> str:
    """The name by which other nodes know this one: 20 bytes of its public key's SHA-256."""
    key = json.loads((home / "config" / "node_key.json").read_bytes())
    public = b64decode(key["priv_key"]["value"])[32:]
    return sha256(public).hexdigest()[:40]


def _begun(evmd: Path, home: Path) -> str:
    """Keys and an empty configuration; the address of the validator's account."""
    _run(evmd, home, "init", home.name, "--chain-id", COSMOS_ID)
    _configure(home / "config" / "client.toml", _CLIENT)
    _configure(home / "config" / "config.toml", _NODE)
    made = _run(evmd, home, "keys", "add", home.name, "--keyring-backend", "test", "--output=json")
    address: str = json.loads(made)["address"]
    return address


def _joined(evmd: Path, home: Path) -> Any:
    """The signed transaction by which this validator is one from the first block."""
    signed = home / "joining.json"
    where = ("--keyring-backend", "test", "--chain-id", COSMOS_ID, "--ip", "127.0.0.1")
    stake = f"{STAKE}{DENOM}"
    _run(evmd, home, "genesis", "gentx", home.name, stake, *where, "--output-document", str(signed))
    return json.loads(signed.read_bytes())


def _settle(genesis: dict[str, Any], accounts: Sequence[str]) -> None:
    """Free gas, one denomination, no inflation, and nobody jailed for being away."""
    state = genesis["app_state"]
    state["feemarket"]["params"].update(
        no_base_fee=True,
        base_fee=_decimal(0),
        min_gas_price=_decimal(0),
        min_gas_multiplier=_decimal(0),  # else a receipt charges half of the limit
    )
    state["evm"]["params"]["evm_denom"] = DENOM
    state["staking"]["params"]["bond_denom"] = DENOM
    state["mint"]["params"].update(
        mint_denom=DENOM,
        inflation_max=_decimal(0),
        inflation_min=_decimal(0),
        inflation_rate_change=_decimal(0),
    )
    state["mint"]["minter"]["inflation"] = _decimal(0)
    for deposit in ("min_deposit", "expedited_min_deposit"):
        state["gov"]["params"][deposit][0]["denom"] = DENOM
    state["slashing"]["params"].update(
        signed_blocks_window="1000000", slash_fraction_downtime=_decimal(0)
    )
    units = [
        {"denom": DENOM, "exponent": 0, "aliases": []},
        {"denom": "test", "exponent": 18, "aliases": []},
    ]
    state["bank"]["denom_metadata"] = [
        {
            "description": "The coin of the test network, which nobody needs.",
            "denom_units": units,
            "base": DENOM,
            "display": "test",
            "name": "Test",
            "symbol": "TEST",
        }
    ]
    state["bank"]["balances"] = [
        {"address": account, "coins": [{"denom": DENOM, "amount": str(FUNDS)}]}
        for account in accounts
    ]
    state["auth"]["accounts"] = [
        {"@type": "/cosmos.auth.v1beta1.BaseAccount", "address": account} for account in accounts
    ]
    genesis["consensus"]["params"]["block"]["max_gas"] = "30000000"


def _decimal(value: int) -> str:
    return f"{value}.{18 * '0'}"


def _write(genesis: dict[str, Any], homes: Iterable[Path]) -> None:
    for home in homes:
        _genesis(home).write_text(json.dumps(genesis, indent=1))


def _genesis(home: Path) -> Path:
    return home / "config" / "genesis.json"


def _configure(file: Path, values: Mapping[str, str]) -> None:
    text = file.read_text()
    for name, value in values.items():
        text, found = re.subn(rf"(?m)^{name} = .*$", f"{name} = {value}", text)
        assert found == 1, name
    file.write_text(text)


def _ports(count: int) -> list[Ports]:
    """Free ports for every validator and every line."""
    free = _free_ports()
    return [
        Ports(next(free), next(free), next(free), next(free), _lines(number, count, free))
        for number in range(count)
    ]


def _lines(number: int, count: int, free: Iterator[int]) -> dict[int, int]:
    return {other: next(free) for other in range(count) if other != number}


def _free_ports() -> Iterator[int]:
    for port in random.sample(PORTS, len(PORTS)):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        yield port


def _run(evmd: Path, home: Path, *arguments: str) -> str:
    command = [str(evmd), *arguments, "--home", str(home)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr[-2000:]}"
    return done.stdout or done.stderr
