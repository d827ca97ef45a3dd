"""When a clock may be believed."""

from __future__ import annotations

import pytest

from anchor import clock
from anchor.errors import ClockError, LogError

NOW = 1_800_000_000


@pytest.mark.parametrize("iat", [0, NOW - 1, NOW, NOW + 1, NOW + 60])
def test_a_time_up_to_a_minute_ahead_is_taken(iat: int) -> None:
    clock.require_not_ahead(iat, NOW)


@pytest.mark.parametrize("iat", [NOW + 61, NOW + 86_400, 1 << 53])
def test_a_time_further_ahead_is_refused(iat: int) -> None:
    with pytest.raises(LogError) as caught:
        clock.require_not_ahead(iat, NOW, "claims.iat")
    assert (caught.value.code, caught.value.place) == ("iat_ahead", "claims.iat")


@pytest.mark.parametrize("block_time", [NOW - 60, NOW, NOW + 60])
def test_a_clock_within_a_minute_of_the_chain_is_taken(block_time: int) -> None:
    clock.require_agreement(NOW, block_time)


@pytest.mark.parametrize("block_time", [NOW - 61, NOW + 61, NOW - 2 * 86_400, NOW + 2 * 86_400])
def test_a_clock_further_off_is_refused(block_time: int) -> None:
    with pytest.raises(ClockError) as caught:
        clock.require_agreement(NOW, block_time)
    assert caught.value.code == "clock_off_chain"


def test_the_system_clock_gives_whole_seconds() -> None:
    assert clock.system_clock() > 1_700_000_000
