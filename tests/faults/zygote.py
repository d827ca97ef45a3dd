"""A process that has imported the program once, and forks one `tem` after the other.

Importing takes seconds, which a registry that is killed a thousand times does not have. What is
forked is a process of its own that runs the command itself; it dies alone, with its own exit code,
and with this process if that ends. Orders come as lines of JSON:

    {"arguments": ["serve"], "environment": {…}, "log": "FILE", "before": "module:function"}
        → {"pid": 123}: forked; ``before``, if given, was called first, to prepare a fault
    {"pid": 123} → {"code": null | 0 | -9 …}: how it ended, null while it runs
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any, NoReturn

from registry.cli import app

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Obey until the orders end; then kill what is left."""
    assert threading.active_count() == 1, "another thread's locks would stay locked in a fork"
    gc.freeze()
    left = set[int]()
    for line in sys.stdin:
        order = json.loads(line)
        if "pid" in order:
            answer = {"code": _code(order["pid"], left)}
        else:
            pid = os.fork()
            if pid == 0:
                _become(order)
            left.add(pid)
            answer = {"pid": pid}
        print(json.dumps(answer), flush=True)
    for pid in left:
        os.kill(pid, signal.SIGKILL)


def _code(pid: int, left: set[int]) -> int | None:
    found, status = os.waitpid(pid, os.WNOHANG)
    if found == 0:
        return None
    left.discard(pid)
    return os.waitstatus_to_exitcode(status)


def _become(order: dict[str, Any]) -> NoReturn:
    """Turn into the command that is asked for."""
    code = 70
    try:
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        os.setsid()
        with Path(order["log"]).open("ab") as log, Path(os.devnull).open("rb") as nothing:
            os.dup2(nothing.fileno(), 0)
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
        for name in [name for name in os.environ if name.startswith("TEM_")]:
            del os.environ[name]
        os.environ.update(order["environment"])
        if order["before"]:
            module, _, function = order["before"].partition(":")
            getattr(importlib.import_module(module), function)()
        app(order["arguments"], prog_name="tem")
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # what any process would print
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
