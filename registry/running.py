"""Putting an installation together from its settings, for the server, the commands and tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread

from sqlalchemy import Engine

from anchor.chain.deploy import Contracts
from anchor.clock import system_clock
from anchor.database import reading
from anchor.worker import AnchorWorker
from registry import chain
from registry.certificates.service import CertificateService
from registry.clockwatch import ClockWatch
from registry.database import open_prepared
from registry.http import Services
from registry.keyring import Keyring
from registry.organisations import store as organisations
from registry.organisations.founding import Founding
from registry.proofs.service import ProofService
from registry.settings import Settings
from verifier.trust import Trust


@contextmanager
def database(settings: Settings) -> Iterator[Engine]:
    """The installation's database, made on first use."""
    settings.data.mkdir(parents=True, exist_ok=True)
    engine = open_prepared(settings.database_url)
    try:
        yield engine
    finally:
        engine.dispose()


@dataclass(frozen=True, slots=True)
class Installation:
    """A registry with its chain: everything that a server or an operator works with."""

    engine: Engine
    keyring: Keyring
    trust: Trust
    contracts: Contracts
    worker: AnchorWorker
    watch: ClockWatch
    services: Services
    founding: Founding


@contextmanager
def installation(
    settings: Settings, keyring: Keyring, clock: Callable[[], int] = system_clock
) -> Iterator[Installation]:
    """Open database, chain and keys; close and stop all of it at the end.

    Raises ConfigurationError, KeyFileError and ChainUnavailable, before anything is served.
    """
    trusted = chain.read_trust(settings)
    with database(settings) as engine, chain.reachable(settings) as network:
        contracts = chain.contracts(network, trusted)
        watch = ClockWatch(contracts.node, clock)
        yield Installation(
            engine,
            keyring,
            trusted,
            contracts,
            AnchorWorker(engine, contracts, keyring.operator(), clock=clock),
            watch,
            Services(
                engine,
                CertificateService(engine, keyring, clock, watch.require),
                ProofService(engine, keyring, trusted),
                settings.host,
            ),
            Founding(engine, contracts, keyring, trusted, clock),
        )


@contextmanager
def anchoring(here: Installation, interval: float) -> Iterator[None]:
    """Anchor all logs and watch the clock, every ``interval`` seconds, in the background.

    The keys of every organisation are read first, so that a missing one is known at the start.
    """
    with reading(here.engine) as session:
        bodies = organisations.all_of_them(session)
    for body in bodies:
        here.keyring.signer(body.did)
        here.keyring.checkpoint(body.did)
    stop = Event()
    threads = [
        Thread(target=work, args=(stop, interval), name=name)
        for name, work in (("anchoring", here.worker.run), ("clock", here.watch.run))
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()
