"""Which blocks say something about the clock.

A chain that halts for minutes, or a node that catches up, cannot be had here in a moment: the
blocks are made up. On a real network tests/network/ sees the same.
"""

from __future__ import annotations

import pytest

from anchor.chain.network import Network
from anchor.chain.node import BlockId, Head, Node
from anchor.errors import ClockError
from registry.clockwatch import ClockWatch

START = 1_800_000_000


class Chain(Node):
    """Its newest block is what the test says."""

    def __init__(self) -> None:
        super().__init__(Network(("http://127.0.0.1:9",), 1))
        self.newest = Head(1, bytes(32), START)

    def head(self, block: BlockId = "latest") -> Head:
        return self.newest


class Scene:
    """A watch, whose clock is ``wrong`` seconds off."""

    def __init__(self, wrong: int = 0) -> None:
        self.chain, self.wrong, self._passed = Chain(), wrong, 0.0
        self.watch = ClockWatch(
            self.chain,
            lambda: START + int(self._passed) + self.wrong,
            lambda: self._passed,
        )
        self.watch.look()

    def block(self, time: int, after: float = 1.0) -> None:
        """A block with this time (seconds from the start) arrives ``after`` the last one."""
        self._passed += after
        self.chain.newest = Head(self.chain.newest.number + 1, bytes(32), START + time)
        self.watch.look()


def _refuses(scene: Scene) -> bool:
    try:
        scene.watch.require()
    except ClockError:
        return True
    return False


@pytest.mark.parametrize("wrong", [-172_800, -90, 90, 172_800])
def test_one_block_tells_that_a_clock_is_wrong(wrong: int) -> None:
    scene = Scene(wrong)
    scene.block(1)
    assert _refuses(scene)
    scene.wrong = 0
    scene.block(2)
    assert not _refuses(scene)


@pytest.mark.parametrize("wrong", [-90, 90])
def test_a_clock_that_is_set_wrong_is_noticed_at_the_next_block(wrong: int) -> None:
    scene = Scene()
    scene.block(1)
    assert not _refuses(scene)
    scene.wrong = wrong
    scene.block(2)
    assert _refuses(scene)


def test_the_first_block_after_a_halt_has_the_time_of_the_halt() -> None:
    scene = Scene()
    scene.block(1)
    for time, after in ((2, 600.0), (602, 1.0), (603, 1.0)):
        scene.block(time, after)
        assert not _refuses(scene)
    scene.wrong = 90
    scene.block(604)
    assert _refuses(scene)


def test_the_blocks_of_a_node_that_catches_up_are_old_news() -> None:
    scene = Scene()
    scene.block(1)
    scene.block(2, 600.0)
    for time in (102, 302, 602, 603):
        scene.block(time)
        assert not _refuses(scene)


def test_a_halt_does_not_clear_a_clock_that_is_wrong() -> None:
    scene = Scene(90)
    scene.block(1)
    scene.block(2, 600.0)
    assert _refuses(scene)


@pytest.mark.parametrize("wrong", [-172_800, -90, 90, 172_800])
def test_a_clock_that_is_set_is_not_believed_before_a_block_agrees(wrong: int) -> None:
    scene = Scene()
    scene.block(1)
    scene.wrong = wrong
    with pytest.raises(ClockError) as jumped:
        scene.watch.require()
    assert jumped.value.code == "clock_jumped"
    scene.wrong = 0
    scene.watch.require()


def test_a_clock_that_is_set_right_is_believed_once_a_block_agrees() -> None:
    scene = Scene(90)
    scene.wrong = 0
    assert _refuses(scene)
    scene.block(1)
    scene.watch.require()
