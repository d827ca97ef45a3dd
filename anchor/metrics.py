"""How anchoring stands as Prometheus metrics, read from the database whenever one asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Engine

from anchor.status import LogStatus, Status, status

_LOGS: dict[str, tuple[str, Callable[[LogStatus], float]]] = {
    "tem_log_size": ("Entries of the log.", lambda log: log.size),
    "tem_log_published_size": (
        "Entries of the log that stand in the published files.",
        lambda log: log.published,
    ),
    "tem_log_anchored_size": (
        "Entries of the log that are anchored in a final block.",
        lambda log: log.anchored,
    ),
    "tem_log_halted": (
        "1 if nothing is appended to the log or anchored until an operator resumes it.",
        lambda log: log.halted is not None,
    ),
    "tem_anchor_waiting_seconds": (
        "How long the oldest entry of the log without an anchor has waited; 0 if there is none.",
        lambda log: log.waits or 0,
    ),
}


class AnchorCollector(Collector):
    """The metrics of one database. ``clock`` gives seconds since 1970."""

    def __init__(self, engine: Engine, clock: Callable[[], int]) -> None:
        self._engine, self._clock = engine, clock

    def describe(self) -> list[Metric]:
        """Nothing: or registering the collector would ask the database."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Ask the database, and say what it says."""
        found = status(self._engine, self._clock())
        for name, (said, value) in _LOGS.items():
            family = GaugeMetricFamily(name, said, labels=["log"])
            for log in found.logs:
                family.add_metric([log.origin], value(log))
            yield family
        yield _acts(found)
        yield from _workers(found)


def _acts(found: Status) -> Metric:
    family = GaugeMetricFamily(
        "tem_chain_acts", "Transactions that are not in a final block yet.", labels=["state"]
    )
    for state, count in found.acts.items():
        family.add_metric([state], count)
    return family


def _workers(found: Status) -> Iterator[Metric]:
    trouble = GaugeMetricFamily(
        "tem_anchor_trouble", "1 while a worker cannot get past this.", labels=["account", "code"]
    )
    answered = GaugeMetricFamily(
        "tem_chain_answered_timestamp_seconds",
        "When the chain last answered a worker.",
        labels=["account"],
    )
    rounds = GaugeMetricFamily(
        "tem_anchor_round_timestamp_seconds", "When a worker was last at work.", labels=["account"]
    )
    for worker in found.workers:
        if worker.trouble is not None:
            trouble.add_metric([worker.account, worker.trouble], 1)
        if worker.answered is not None:
            answered.add_metric([worker.account], worker.answered)
        rounds.add_metric([worker.account], worker.round)
    yield from (trouble, answered, rounds)
