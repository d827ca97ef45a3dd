"""One body's way from founding to anchored records, asked for again until it is done."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace

from sqlalchemy.exc import DBAPIError

from anchor.errors import StorageError
from registry.certificates.schemas import CertificateRequest
from registry.organisations.founding import Body
from registry.organisations.store import Organisation
from registry.running import Installation
from tests.faults.clients import Acknowledged, Ledger
from tests.faults.invariants import Held, await_settled, require_all
from tests.faults.places import ACCREDITOR, BODY, Place
from tests.integration.registry.requests import certificate
from verifier.errors import ChainUnavailable, ConfigurationError

PASSING = (ChainUnavailable, StorageError, DBAPIError)
"""What says that nothing is known, or nothing done, and may be asked for again."""

AT_START = ("database_unreachable", "database_busy")

PATIENCE = 60.0


@dataclass
class Scenario:
    """A body that is founded (unless ``body`` is), issues, publishes and anchors.

    ``opened`` opens the installation anew, as a command does, and whatever passing fault is raised
    ends it. ``met`` are the faults that were raised, in order; ``issued`` counts its records, all
    of them in ``ledger``, which has to hold all that were ever issued by that body.
    """

    place: Place
    name: str
    opened: Callable[[], AbstractContextManager[Installation]]
    records: int = 2
    met: list[str] = field(default_factory=list)
    ledger: Ledger = field(default_factory=Ledger)
    body: Organisation | None = None
    asked: int = 0
    issued: int = 0

    def run(self, fired: Callable[[], object]) -> Held:
        """Go to the end, and on with further records until the fault has ``fired``."""
        end = time.monotonic() + PATIENCE
        while self.issued < self.records or self.asked > self.issued or not fired():
            assert time.monotonic() < end, f"not done: {self.met}"
            self._try(self._advance)
        while not self._try(self._anchor):
            assert time.monotonic() < end, f"not anchored: {self.met}"
        assert self.body is not None
        place = replace(self.place, log=self.body.log.log)
        await_settled(place)
        return require_all(place, self.ledger, sample=3)

    def _advance(self, here: Installation) -> None:
        """Found the body, which does nothing if it is founded, and issue the next record."""
        did, origin = f"did:web:{self.name}.test", f"tem.test/{self.name}"
        if self.body is None:
            body = Body(did, BODY.name, origin, BODY.scopes)
            self.body = here.founding.body(body, ACCREDITOR[0])
        number = f"{self.name}.{self.issued}"
        self.asked = self.issued + 1
        request = CertificateRequest(**certificate(number))
        issued = here.services.certificates.issue(self.body, request, f"key {number}")
        answer = Acknowledged(issued.number, issued.leaf.hex(), issued.code, issued.index)
        self.ledger.acknowledge(f"key {number}", answer)
        self.issued += 1
        here.worker.step(self.body.log.log)

    def _anchor(self, here: Installation) -> None:
        assert self.body is not None
        here.worker.anchor_newest(self.body.log.log)

    def _try(self, act: Callable[[Installation], None]) -> bool:
        try:
            with self.opened() as here:
                act(here)
        except (*PASSING, ConfigurationError) as error:
            if isinstance(error, ConfigurationError) and error.code not in AT_START:
                raise
            self.met.append(f"{type(error).__name__} {error}")
            return False
        return True


def spread(count: int, wanted: int) -> Sequence[int]:
    """``wanted`` of the numbers 1 to ``count``, evenly, or all of them."""
    wanted = min(count, wanted)
    return [1 + number * count // wanted for number in range(wanted)]
