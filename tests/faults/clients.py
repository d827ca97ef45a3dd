"""Clients that issue without end and never give up: whatever fails is asked for again.

A client sends each request with an Idempotency-Key until it is acknowledged. What was acknowledged
stands in a ``Ledger``, which knows nothing of the registry but its answers.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Any, Self

import httpx

from tests.integration.registry.requests import certificate

PATIENCE = 120.0
"""Seconds after which a client says that its request will never be acknowledged."""
RETRY = 0.02
AGAIN = 0.15
"""How often a client sends an earlier request once more."""

NOT_NOW = (500, 503)
"""Statuses that say nothing about whether it was done."""


@dataclass(frozen=True)
class Acknowledged:
    """What the registry answered: the record's number, its leaf hash (hex), code and index."""

    number: str
    leaf: str
    code: str
    index: int


@dataclass
class Ledger:
    """Everything that was acknowledged, by Idempotency-Key, and when (time.monotonic).

    ``faults`` are answers that contradict it; ``failed`` counts what had to be sent again.
    """

    entries: dict[str, Acknowledged] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    failed: Counter[str] = field(default_factory=Counter)
    times: list[float] = field(default_factory=list)
    again: int = 0
    _lock: Lock = field(default_factory=Lock)

    def acknowledge(self, key: str, answer: Acknowledged) -> None:
        """Note an answer; the same key has to get the same answer for ever."""
        with self._lock:
            earlier = self.entries.setdefault(key, answer)
            self.times.append(time.monotonic())
            if earlier != answer:
                self.faults.append(f"{key} was {earlier}, now {answer}")

    def fault(self, said: str) -> None:
        """Note an answer that cannot be right."""
        with self._lock:
            self.faults.append(said)

    def failure(self, what: str) -> None:
        """Note a request that has to be sent again."""
        with self._lock:
            self.failed[what] += 1

    def sample(self, randomness: random.Random, count: int = 1) -> list[tuple[str, Acknowledged]]:
        """Some of the entries, at random."""
        with self._lock:
            keys = list(self.entries)
            chosen = randomness.sample(keys, min(count, len(keys)))
            return [(key, self.entries[key]) for key in chosen]

    def first_after(self, moment: float) -> float | None:
        """Seconds from ``moment`` (time.monotonic) to the first acknowledgement after it."""
        with self._lock:
            return next((time - moment for time in self.times if time > moment), None)


class Client:
    """Issues to one of several addresses of the same registry, chosen anew for each try.

    Its ``name`` begins the numbers of its records, and decides its chances.
    """

    def __init__(self, name: str, urls: Sequence[str], api_key: str, ledger: Ledger) -> None:
        self.name, self._urls, self._ledger = name, list(urls), ledger
        self._random = random.Random(name)
        headers = {"Authorization": f"Bearer {api_key}"}
        self._http = httpx.Client(headers=headers, timeout=40)
        self._count = 0

    def issue(self, patience: float = PATIENCE) -> Acknowledged | None:
        """Issue the next record, however often it has to be asked for.

        None, and a fault in the ledger, if that is refused or takes too long.
        """
        self._count += 1
        number = f"{self.name}.{self._count}"
        key, end = f"key {number}", time.monotonic() + patience
        while time.monotonic() < end:
            answer = self.ask(key, number)
            if answer is not None:
                return answer
            if self._ledger.faults:
                return None
            time.sleep(RETRY)
        self._ledger.fault(f"{key} was not acknowledged in {patience} s: {self._ledger.failed}")
        return None

    def issue_again(self) -> None:
        """Send an earlier request of anybody once more."""
        for key, earlier in self._ledger.sample(self._random):
            if self.ask(key, earlier.number) is not None:
                self._ledger.again += 1

    def ask(self, key: str, number: str) -> Acknowledged | None:
        """One try; None if it is not known whether it was done."""
        url = f"{self._random.choice(self._urls)}/api/v1/certificates"
        try:
            response = self._http.post(
                url, json=certificate(number), headers={"Idempotency-Key": key}
            )
        except httpx.TransportError as error:
            self._ledger.failure(type(error).__name__)
            return None
        if response.status_code in NOT_NOW:
            self._ledger.failure(response.json()["code"])
            return None
        if response.status_code != 201:
            self._ledger.fault(f"{key}: {response.status_code} {response.text}")
            return None
        body: dict[str, Any] = response.json()
        answer = Acknowledged(body["number"], body["leaf"], body["code"], body["index"])
        self._ledger.acknowledge(key, answer)
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()


class Load:
    """``count`` clients in threads of their own, until the block ends and all have their answer.

    ``name`` is the beginning of their names, by which their records are numbered: each is used
    once in a log.
    """

    def __init__(
        self,
        urls: Sequence[str],
        api_key: str,
        ledger: Ledger,
        count: int,
        name: str,
        pause: float = 0.01,
    ) -> None:
        names = [f"{name}.{number}" for number in range(count)]
        self._clients = [Client(each, urls, api_key, ledger) for each in names]
        self._pause, self._ledger = pause, ledger
        self._stop = Event()
        self._threads = [
            Thread(target=self._run, args=(client,), name=client.name) for client in self._clients
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        if error is not None:
            self._ledger.fault(f"given up: {error!r}")  # no client waits for what will not come
        for thread in self._threads:
            thread.join()

    def _run(self, client: Client) -> None:
        randomness = random.Random(f"{client.name} again")
        with client:
            while not self._stop.wait(self._pause) and client.issue() is not None:
                if randomness.random() < AGAIN:
                    client.issue_again()
