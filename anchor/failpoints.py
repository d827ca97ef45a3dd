"""Points at which a test may let this process die, to prove that nothing is lost there.

Without ``TEM_FAILPOINT`` in the environment a point does nothing. Tests set it to ``point:n`` in
a child's environment: the child then kills itself, as a power cut would, when it reaches that
point for the n-th time.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from threading import Lock

VARIABLE = "TEM_FAILPOINT"

POINTS = (
    "database.commit.before",
    "database.commit.after",
    "publish.file.before",
    "publish.file.after",
    "publish.checkpoint.before",
    "publish.checkpoint.after",
    "chain.send.before",
    "chain.send.after",
    "chain.receipt.before",
    "chain.receipt.after",
)

_reached: Counter[str] = Counter()
_counting = Lock()


def reach(point: str) -> None:
    """Say that the process has come to ``point``, one of POINTS."""
    wanted = os.environ.get(VARIABLE)
    if wanted is None:
        return
    name, _, count = wanted.partition(":")
    if name != point:
        return
    with _counting:
        _reached[point] += 1
        if _reached[point] == int(count):
            os.kill(os.getpid(), signal.SIGKILL)
