"""Audits of the test world's log, and what is looked at of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from tests.static_logs import PublishedLog, chain_of
from tests.world import (
    LOG,
    NOW,
)
from verifier.audit import Terms, audit
from verifier.audit_report import Audit
from verifier.chain_view import ChainView
from verifier.published import Folder
from verifier.static_log import StaticLog
from verifier.view.state import ChainState

SIZE = 300
SIZES = (1, 100, 256, 300)
Found = set[tuple[str, str, int | None]]


def run(
    log: PublishedLog, view: ChainView | None, name: str | None = LOG.hex(), **terms: Any
) -> Audit:
    return audit(StaticLog(Folder(log.folder)), "log", name, Terms(view, NOW, **terms))


def chained(
    log: PublishedLog, *changes: Callable[[ChainState], object], sizes: Sequence[int] = SIZES
) -> Audit:
    """The audit against a chain on which the log was anchored as it is published."""
    return run(log, chain_of(log, sizes, *changes))


def found(audited: Audit) -> Found:
    return {(f.code, f.file, f.entry) for f in audited.findings.shown}


def unknown(audited: Audit) -> set[str]:
    return {f.code for f in audited.findings.shown if f.unknown}


class Lying:
    """A view whose answers cannot be true together."""

    def __init__(self, honest: ChainState, lies: dict[str, Callable[..., Any]]) -> None:
        self.honest = honest
        self.lies = lies

    def __getattr__(self, name: str) -> Any:
        return self.lies.get(name) or getattr(self.honest, name)


def lying(published: PublishedLog, /, **lies: Callable[..., Any]) -> ChainView:
    return cast(ChainView, Lying(chain_of(published, SIZES), lies))
