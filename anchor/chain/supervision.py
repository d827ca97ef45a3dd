"""Keeping the embedded chain alive for as long as something needs it."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from anchor.chain import chain_state
from anchor.chain.embedded import EmbeddedChain
from verifier.errors import ChainUnavailable, ConfigurationError

LOOK = 0.2
"""Seconds between two looks whether it is alive."""

KEEP = 10.0
"""Seconds between two copies of its state, …"""

SHARE = 20
"""… and at least so many times as long as the last one took."""

LONGEST_PAUSE = 30.0
"""Seconds between two attempts to start it, at most."""

_log = logging.getLogger(__name__)


@contextmanager
def kept_alive(chain: EmbeddedChain) -> Iterator[None]:
    """While the block runs, start the chain again, on the same port, whenever it ends by itself.

    Whoever stops it does so after the block.
    """
    stop = Event()
    thread = Thread(target=_watch, args=(chain, stop), name="chain")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@contextmanager
def taken_over(chain: EmbeddedChain) -> Iterator[None]:
    """While the block runs, run the chain as soon as no other process does, and stop it after.

    For a chain that another process runs: whoever started that one may have been killed.
    """
    stop = Event()
    thread = Thread(target=_await_turn, args=(chain, stop), name="chain")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        chain.stop()


def _await_turn(chain: EmbeddedChain, stop: Event) -> None:
    pause = LOOK
    while not stop.wait(pause):
        try:
            chain.start()
        except ConfigurationError:
            pause = LOOK  # it still runs
        except (ChainUnavailable, OSError) as error:
            pause = min(2 * pause, LONGEST_PAUSE)
            _log.error("nobody runs the chain any more, and it does not start: %s", error)
        else:
            _log.warning("nobody runs the chain any more: it runs here, on port %d", chain.port)
            _watch(chain, stop)
            return


def _watch(chain: EmbeddedChain, stop: Event) -> None:
    pause, copy_at = LOOK, time.monotonic() + KEEP
    while not stop.wait(pause):
        process = chain.process
        if process is not None and process.poll() is None:
            pause = LOOK
            copy_at = _copied(chain, copy_at)
            continue
        if process is not None:
            _log.error(
                "the chain has ended by itself (%d): it is started again", process.returncode
            )
        try:
            chain.restart()
            _log.warning("the chain runs again, on port %d", chain.port)
        except (ChainUnavailable, OSError) as error:
            pause = min(2 * pause, LONGEST_PAUSE)
            _log.error("the chain does not start, and is tried again in %.0f s: %s", pause, error)


def _copied(chain: EmbeddedChain, due: float) -> float:
    """Copy the chain's state aside if that is due; when it is due next."""
    begun = time.monotonic()
    if begun < due:
        return due
    chain_state.keep(chain.folder)
    took = time.monotonic() - begun
    return begun + max(KEEP, SHARE * took)
