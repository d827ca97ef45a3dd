"""A worker in a process of its own, until it is told to stop.

Run as ``python -m``, with database, RPC address, name of the operator's account, folder of
published files, and the three contracts.
"""

from __future__ import annotations

import sys
from pathlib import Path
from threading import Event, Thread

from anchor.chain.deploy import Addresses, connect
from anchor.chain.network import Network
from anchor.chain.node import Node
from anchor.database import open_database
from anchor.publishing import Publisher
from anchor.worker import AnchorWorker
from tests.integration.anchor.founding import key_of
from tests.integration.anchor.ground import KEY

CHAIN_ID = 31337


def main(url: str, rpc: str, operator: str, public: str, *contracts: str) -> None:
    engine = open_database(url)
    there = connect(Node(Network((rpc,), CHAIN_ID)), Addresses(*contracts))
    publisher = Publisher(engine, Path(public), lambda _org: KEY)
    worker = AnchorWorker(engine, there, key_of(operator), publisher)
    stop = Event()
    threads = [
        Thread(target=work, args=(stop, 0.2)) for work in (worker.run, worker.run_publishing)
    ]
    for thread in threads:
        thread.start()
    print("ready", flush=True)
    sys.stdin.readline()
    stop.set()
    for thread in threads:
        thread.join()
    engine.dispose()


if __name__ == "__main__":
    main(*sys.argv[1:])
