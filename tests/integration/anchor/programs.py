"""Programs in the place of anvil, and of whoever starts it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from anchor.chain.embedded import EmbeddedChain
from anchor.chain.node import Node
from verifier.errors import ChainUnavailable

STARTER = """
import sys
import time
from collections.abc import Callable
from pathlib import Path
from anchor.chain.embedded import EmbeddedChain
chain = EmbeddedChain(Path(sys.argv[1]), Path(sys.argv[2])).start()
print(chain.process.pid, flush=True)
sys.stdin.read()
"""


def fake(folder: Path, program: str) -> Path:
    """A program in the place of anvil."""
    path = folder / "anvil"
    path.write_text(f"#!{sys.executable}\n{program}\n")
    path.chmod(0o700)
    return path


def answers(chain: EmbeddedChain) -> bool:
    try:
        return Node(chain.network()).head().number >= 0
    except ChainUnavailable:
        return False


def await_(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)
