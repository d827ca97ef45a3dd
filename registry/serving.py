"""Serving an application over HTTP beside other work, until the caller is done."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import uvicorn
from fastapi import FastAPI

from verifier.errors import ConfigurationError


@contextmanager
def listening(address: str, port: int) -> Iterator[socket.socket]:
    """A socket to serve on; port 0 lets the system choose one.

    Raises ConfigurationError (``listen_failed``).
    """
    try:
        listener = socket.create_server((address, port))
    except OSError as error:
        said = f"Cannot listen on {address}:{port}: {error.strerror}; set TEM_LISTEN, TEM_PORT."
        raise ConfigurationError("listen_failed", said, "TEM_PORT") from error
    with listener:
        yield listener


@contextmanager
def serving(app: FastAPI, listener: socket.socket) -> Iterator[None]:
    """Serve in a thread of its own; at the end, finish the requests that have begun.

    Signals stay with the main thread, which decides when that is.
    """
    server = uvicorn.Server(uvicorn.Config(app, log_config=None))
    thread = Thread(target=server.run, kwargs={"sockets": [listener]}, name="http")
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()
