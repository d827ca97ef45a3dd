"""A registry on a network of validators, and what the tests do with it, again and again."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from threading import Event

from sqlmodel import select

from anchor import store as logs
from anchor.chain import store as chain_store
from anchor.chain.log_anchor import Anchor
from anchor.chain.models import State, TransactionRow, WorkerRow
from anchor.chain.node import Node
from anchor.database import reading
from registry import chain
from registry.certificates.schemas import CertificateRequest
from registry.keyring import Keyring
from registry.organisations.store import Organisation
from registry.running import Installation, anchoring, installation
from registry.settings import Settings
from tests import reference_tree
from tests.integration.registry.requests import certificate
from tests.network.links import Links
from tests.network.nodes import CHAIN_ID, BftNetwork
from verifier import published, verify
from verifier.audit import Depth, Terms, audit
from verifier.report import Report, Verdict
from verifier.view.live import LiveChain

CLIENTS = 8
DEADLINE = 180.0
"""Seconds to wait for what has to come: rounds whose proposer is dead take long."""
MAX_AGE = 20
"""Seconds after which a view counts as old, here: longer than the pause between two blocks."""
POLL = 0.2


@dataclass
class Stage:
    """A network, and a registry founded on it whose body has issued ``codes``.

    ``say`` notes a figure for the end of the run.
    """

    network: BftNetwork
    links: Links
    settings: Settings
    keyring: Keyring
    body: Organisation
    say: Callable[[str], None]
    codes: list[str] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @contextmanager
    def running(self, *rpcs: str) -> Iterator[Registry]:
        """The registry at work, reaching the chain by these addresses, or by all validators."""
        with (
            self.opened(*rpcs) as registry,
            anchoring(registry.here, self.settings.anchor_interval),
        ):
            yield registry

    @contextmanager
    def opened(self, *rpcs: str) -> Iterator[Registry]:
        """``running``, but nothing is anchored by itself."""
        given = self.settings.model_copy(update={"rpc": rpcs or self.settings.rpc})
        with installation(given, self.keyring) as here:
            yield Registry(self, here)

    def live(self, *rpcs: str) -> LiveChain:
        """A verifier's view by one or two addresses."""
        trust = replace(chain.read_trust(self.settings), max_age=MAX_AGE)
        return LiveChain(trust, rpcs or self.settings.rpc[:2])

    def rpc(self, number: int) -> str:
        """The JSON-RPC address of a validator."""
        return self.network.validators[number].rpc

    def node(self, number: int) -> Node:
        """One validator, to be asked directly."""
        return Node(self.network.network(number))


@dataclass
class Registry:
    """The running registry of a stage."""

    stage: Stage
    here: Installation

    def issue(self, number: int) -> float:
        """Issue so many certificates, eight at a time; returns the seconds it took."""
        began = time.monotonic()
        with ThreadPoolExecutor(CLIENTS) as clients:
            self.stage.codes += clients.map(self._issue, range(number))
        return time.monotonic() - began

    def _issue(self, _: int) -> str:
        number = f"V26.{next(self.stage._numbers):05}"
        request = CertificateRequest.model_validate(certificate(number))
        issued = self.here.services.certificates.issue(self.stage.body, request, f"key {number}")
        return issued.code

    @contextmanager
    def issuing(self) -> Iterator[None]:
        """Issue one certificate after another meanwhile; none may be refused."""
        stop = Event()

        def work() -> None:
            while not stop.wait(POLL):
                self.stage.codes.append(self._issue(0))

        with ThreadPoolExecutor(1) as client:
            working = client.submit(work)
            try:
                yield
            finally:
                stop.set()
            working.result()

    def size(self) -> int:
        """How many leaves the log has."""
        with reading(self.here.engine) as session:
            return logs.state(session, self.stage.body.log.log).size

    def anchored(self) -> int:
        """Up to which size the log is anchored, as far as the registry knows."""
        with reading(self.here.engine) as session:
            anchor = chain_store.latest_anchor(session, self.stage.body.log.log)
            return 0 if anchor is None else anchor.size

    def await_anchored(self) -> float:
        """Wait until all is anchored; returns the seconds it took."""
        size = self.size()
        return until(
            lambda: self.anchored() >= size,
            lambda: f"size {size} to be anchored, not {self.anchored()}: {self.trouble()}",
        )

    def trouble(self) -> str | None:
        """The code of what the worker cannot get past."""
        with reading(self.here.engine) as session:
            return session.exec(select(WorkerRow.trouble)).one_or_none()

    def verdicts(self, live: LiveChain, codes: Iterable[str]) -> Counter[tuple[Verdict, str]]:
        """How the records are judged now: verdict and deciding code. None may be not genuine."""
        found = Counter[tuple[Verdict, str]]()
        for code in codes:
            report = self.judge(live, code)
            found[report.verdict, report.deciding.code] += 1
        assert not [verdict for verdict, _ in found if verdict is Verdict.NOT_GENUINE], found
        return found

    def judge(self, live: LiveChain, code: str) -> Report:
        """One record's report, of the proof file that the registry gives today."""
        proof, _ = self.here.services.proofs.whole(code)
        return verify(proof, live.view(), int(time.time()))

    def await_verdicts(self, live: LiveChain, codes: Sequence[str], verdict: Verdict) -> None:
        """Wait until every one of the records is judged so; none may be not genuine meanwhile."""
        found = Counter[tuple[Verdict, str]]()

        def all_are() -> bool:
            nonlocal found
            found = self.verdicts(live, codes)
            return all(one is verdict for one, _ in found)

        until(all_are, lambda: f"{len(codes)} verdicts to be {verdict.value}: {found}")


def until(holds: Callable[[], bool], what: str | Callable[[], str]) -> float:
    """Wait until something holds; returns the seconds it took."""
    began = time.monotonic()
    while not holds():
        passed = time.monotonic() - began
        assert passed < DEADLINE, f"waited for {what if isinstance(what, str) else what()}"
        time.sleep(POLL)
    return time.monotonic() - began


def sample(codes: Sequence[str], number: int = 12) -> list[str]:
    """Some of them, the first and the last among them."""
    step = max(1, len(codes) // number)
    return [*codes[::step], codes[-1]]


def require_nothing_twice(registry: Registry) -> None:
    """Every record once in the log, every anchor once on the chain, each with the right root."""
    stage, here = registry.stage, registry.here
    log, operator = stage.body.log.log, here.keyring.operator().address.lower()
    with reading(here.engine) as session:
        statements = logs.statements(session, log, 0, registry.size())
    leaves = [reference_tree.leaf(one) for one in statements]
    assert len(set(leaves)) == len(leaves) == len(stage.codes) + 1  # and entry 0
    assert len(set(stage.codes)) == len(stage.codes)
    anchors = _anchors(here, log)
    sizes = [anchor.size for anchor in anchors]
    assert sizes == sorted(set(sizes))
    assert sizes[-1] == len(leaves)
    for anchor in anchors:
        assert anchor.root == reference_tree.root(leaves[: anchor.size])
    # Every transaction on the chain is one act, and there is none that the database does not have.
    until(
        lambda: set(_acts(here, operator)) == {State.FINAL},
        lambda: f"every act to be final: {Counter(_acts(here, operator))}",
    )
    acts = _acts(here, operator)
    assert here.contracts.node.nonce(operator, "finalized") == len(acts)
    assert len(acts) == len(anchors) - 1  # the first came with the opening of the log
    _require_clean(stage)


def _require_clean(stage: Stage) -> None:
    """An auditor who has nothing but the published files and the chain finds nothing wrong."""
    terms = Terms(stage.live().view(), int(time.time()), Depth.SIGNATURES)
    with published.find(str(stage.settings.public_folder)) as found:
        for one in found:
            run = audit(one.log, one.place, one.name, terms)
            assert run.result == "clean", run.to_json()


def _anchors(here: Installation, log: bytes) -> list[Anchor]:
    found = list[Anchor]()
    while page := here.contracts.log_anchor.anchors(log, len(found), 256, block="finalized"):
        found += page
    return found


def _acts(here: Installation, account: str) -> Sequence[str]:
    """The states of the account's acts in the database."""
    with reading(here.engine) as session:
        return session.exec(
            select(TransactionRow.state).where(
                TransactionRow.chain_id == CHAIN_ID, TransactionRow.account == account
            )
        ).all()
