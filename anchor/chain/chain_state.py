"""The state file of the embedded chain, and a copy of it that is whole.

anvil writes its state over the old one. If it is killed in the middle of that, half a file is left,
from which it does not start again. So whole files are copied aside from time to time. What the
chain did after the last copy is sent again from the database (anchor.recovery).
"""

from __future__ import annotations

import logging
import os
from pathlib import Path

import orjson

STATE = "state.json"
COPY = "state.copy.json"
DAMAGED = "state.damaged.json"

_log = logging.getLogger(__name__)


def prepare(folder: Path) -> None:
    """Before a start: see that the chain finds a state that is whole, or none."""
    state, spare = folder / STATE, folder / COPY
    if not state.exists() or keep(folder):
        return
    state.replace(folder / DAMAGED)
    if _whole(_content(spare)):
        _log.critical("the chain's state is damaged: it goes on from %s, which is older", spare)
        spare.replace(state)
    else:
        _log.critical("the chain's state is damaged, and there is no copy: it begins anew")


def keep(folder: Path) -> bool:
    """Copy the state aside if it is whole; whether it is."""
    data = _content(folder / STATE)
    if not _whole(data):
        return False
    aside = folder / f"{COPY}.new"
    try:
        with aside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(folder / COPY)
    except OSError as error:
        _log.warning("the chain's state cannot be copied: %s", error)
    return True


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def _whole(data: bytes) -> bool:
    try:
        return isinstance(orjson.loads(data), dict)
    except orjson.JSONDecodeError:
        return False
