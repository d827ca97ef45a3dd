"""Putting an installation together from its settings, for the server, the commands and tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from prometheus_client import CollectorRegistry
from sqlalchemy import Engine

from anchor.chain.deploy import Contracts
from anchor.clock import system_clock
from anchor.continuity import require_continuity
from anchor.database import reading
from anchor.metrics import AnchorCollector
from anchor.publishing import Publisher
from anchor.sequencer import Sequencer
from anchor.worker import AnchorWorker
from registry import chain
from registry.certificates.service import CertificateService
from registry.clockwatch import ClockWatch
from registry.database import open_prepared
from registry.http import Services
from registry.keyring import Keyring
from registry.logs.service import LogService
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

    Raises ConfigurationError, KeyFileError, ChainUnavailable, and LogError if the database is not
    the one to go on with, before anything is served.
    """
    trusted = chain.read_trust(settings)
    with database(settings) as engine, chain.reachable(settings) as network:
        chain.recover(engine, network, trusted)
        contracts = chain.contracts(network, trusted)
        require_continuity(engine, contracts, settings.public_folder)
        watch = ClockWatch(contracts.node, clock)
        yield Installation(
            engine,
            keyring,
            trusted,
            contracts,
            AnchorWorker(
                engine,
                contracts,
                keyring.operator(),
                Publisher(engine, settings.public_folder, _checkpoint_keys(engine, keyring)),
                clock=clock,
            ),
            watch,
            Services(
                engine,
                CertificateService(Sequencer(engine, clock), keyring, clock, watch.require),
                ProofService(engine, keyring, trusted),
                LogService(engine, settings.public_folder),
                settings.host,
                _metrics(engine, clock),
            ),
            Founding(engine, contracts, keyring, trusted, clock),
        )


def _checkpoint_keys(engine: Engine, keyring: Keyring) -> Callable[[bytes], Ed25519PrivateKey]:
    """Gives the key that signs an organisation's checkpoints, by the organisation's id."""

    def key_of(org: bytes) -> Ed25519PrivateKey:
        with reading(engine) as session:
            return keyring.checkpoint(organisations.get_one(session, org).did)

    return key_of


def _metrics(engine: Engine, clock: Callable[[], int]) -> CollectorRegistry:
    metrics = CollectorRegistry()
    metrics.register(AnchorCollector(engine, clock))
    return metrics


@contextmanager
def anchoring(here: Installation, interval: float) -> Iterator[None]:
    """Publish and anchor all logs and watch the clock, every ``interval`` seconds, beside others.

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
        for name, work in (
            ("anchoring", here.worker.run),
            ("publishing", here.worker.run_publishing),
            ("clock", here.watch.run),
        )
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()
