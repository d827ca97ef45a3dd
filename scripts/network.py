"""A test network on this machine: validators of a real BFT chain, in the background.

Built from Go modules (Go 1.23 or newer; the first time takes some four minutes) and kept in the
user's cache. A network lives in a folder; delete the folder to begin anew.

Examples:
  python -m scripts.network build
  python -m scripts.network start --validators 4
  python -m scripts.network status
  python -m scripts.network stop
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from tests.network import genesis
from tests.network.build import build, cache_folder, evmd_path
from tests.network.nodes import CHAIN_ID, BftNetwork
from verifier.errors import ConfigurationError, TemError

FOLDER = Path("data/network")
FEWEST, MOST = 4, 16


def start(folder: Path, count: int, cache: Path) -> None:
    """Make the network if the folder has none, start its validators, and say how to use it."""
    evmd = build(cache)
    if not any(folder.glob("validator-*")):
        print(f"making {count} validators in {folder} …", flush=True)
        genesis.make(evmd, folder, count)
    network = BftNetwork(evmd, folder)
    if len(network.validators) != count:
        raise ConfigurationError(
            "network_other",
            f"{folder} has {len(network.validators)} validators: say so with --validators, "
            "or give another --folder.",
            "validators",
        )
    print(f"starting {count} validators …", flush=True)
    network.start()
    print(f"running; up to {network.faults} may fail. For `tem`, with a data folder of its own:")
    print(f'  export TEM_RPC="{" ".join(network.network().rpcs)}" TEM_CHAIN_ID={CHAIN_ID}')


def stop(folder: Path, cache: Path) -> None:
    """Stop all validators of the folder."""
    BftNetwork(evmd_path(cache), folder).kill()
    print("stopped; `start` goes on with the same chain")


def status(folder: Path, cache: Path) -> None:
    """A line for each validator."""
    for one in BftNetwork(evmd_path(cache), folder).validators:
        pid, height = one.pid(), one.height()
        if pid is None:
            state = "not running"
        elif height is None:
            state = f"process {pid}, does not answer"
        else:
            state = f"process {pid}, block {height}, {one.peers()} peers"
        print(f"{one.home.name}  {one.rpc}  {state}")


def main() -> int:
    """Do what is asked; 2 if it cannot be done."""
    given = _arguments()
    cache = cache_folder(os.environ)
    acts: dict[str, Callable[[], None]] = {
        "build": lambda: print(build(cache)),
        "start": lambda: start(given.folder, given.validators, cache),
        "stop": lambda: stop(given.folder, cache),
        "status": lambda: status(given.folder, cache),
    }
    try:
        acts[given.act]()
    except TemError as error:
        print(f"network: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; `stop` ends what was started", file=sys.stderr)
        return 130
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m scripts.network",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    acts = parser.add_subparsers(dest="act", required=True, metavar="{build,start,stop,status}")
    for name, said in (
        ("build", "build the validators' program and print where it is"),
        ("start", "start the network, building and making it if need be"),
        ("stop", "stop its validators"),
        ("status", "say how each validator does"),
    ):
        act = acts.add_parser(name, help=said, description=said.capitalize() + ".")
        act.epilog = f"Example: python -m scripts.network {name}"
        if name != "build":
            act.add_argument("--folder", type=Path, default=FOLDER, help="default: %(default)s")
            act.epilog += " --folder data/network"
        if name == "start":
            act.add_argument(
                "--validators", type=_count, default=FEWEST, help="4 to 16; default: %(default)s"
            )
            act.epilog += " --validators 7"
    return parser.parse_args()


def _count(text: str) -> int:
    if not text.isdecimal() or not FEWEST <= int(text) <= MOST:
        raise argparse.ArgumentTypeError(f"{text} validators; {FEWEST} to {MOST} make sense")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
