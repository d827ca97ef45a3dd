"""When a clock may be believed (docs/protocol.md, Time).

A record's ``iat`` has to stay within 300 s of the block that proves it. A sequencer that lets
through neither an ``iat`` far ahead of its clock nor a clock far off the chain keeps within that.
"""

from __future__ import annotations

import time

from anchor.errors import ClockError, LogError

MAX_AHEAD = 60
"""Seconds by which an ``iat`` may be ahead of the sequencer's clock, or a clock off the chain."""


def system_clock() -> int:
    """This machine's clock, in whole seconds since 1970."""
    return int(time.time())


def require_not_ahead(iat: int, now: int, place: str = "iat") -> None:
    """Raise LogError (``iat_ahead``) if ``iat`` is more than 60 s ahead of ``now``, in seconds."""
    if iat > now + MAX_AHEAD:
        raise LogError("iat_ahead", f"The time {iat} is {iat - now} s ahead of the clock.", place)


def require_agreement(now: int, block_time: int) -> None:
    """Raise ClockError (``clock_off_chain``) if ``now`` is more than 60 s off ``block_time``.

    ``block_time`` is the time of a block seen to arrive just now (``Node.fresh_head``): the time
    of an old block says only that the chain stands still.
    """
    if abs(now - block_time) > MAX_AHEAD:
        raise ClockError(
            "clock_off_chain",
            f"The clock says {now}, a block that has just arrived {block_time}: set the clock.",
            "clock",
        )
