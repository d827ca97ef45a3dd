"""A JSON-RPC proxy of our own in front of a real node, to fail, delay or alter what it answers.

The node stays real: only the way to it is bad. What the proxy does with a request is a
``Behaviour``: it gets the request and ``ask``, which puts it to the node, and gives the answer or
raises Dropped. It may be replaced at any time:

    with RpcProxy(network.rpcs[0]) as proxy:
        proxy.behave = lost = Once(dropped_after, "eth_sendRawTransaction")
        ...
        assert lost.fired == 1
"""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import orjson

Message = dict[str, Any]
Ask = Callable[[Message], Message]
Behaviour = Callable[[Message, Ask], Message]

TIMEOUT = 30.0
"""Seconds that the proxy itself waits for the node: longer than any client in the tests."""


class Dropped(Exception):  # noqa: N818 - what happens to the connection
    """Raised by a behaviour: the connection is closed, and nothing is answered."""


def forwarded(request: Message, ask: Ask) -> Message:
    """As if there were no proxy."""
    return ask(request)


def dropped_before(request: Message, ask: Ask) -> Message:
    """Not done, and said failed: the node never sees it."""
    raise Dropped


def dropped_after(request: Message, ask: Ask) -> Message:
    """Done, and said failed: the node has acted, its answer is lost."""
    ask(request)
    raise Dropped


def refused(request: Message, ask: Ask) -> Message:
    """Not done: the node answers with an error of its own, which says nothing about the chain."""
    error = {"code": -32603, "message": "internal error"}
    return {"jsonrpc": "2.0", "id": request.get("id"), "error": error}


def garbled(request: Message, ask: Ask) -> Message:
    """Done, and the answer is JSON that makes no sense."""
    ask(request)
    return {"jsonrpc": "2.0", "id": request.get("id"), "result": {"no": ["answer"]}}


def late(seconds: float) -> Behaviour:
    """The answer comes that much later: done, and perhaps too late for the one who asked."""

    def answer(request: Message, ask: Ask) -> Message:
        found = ask(request)
        time.sleep(seconds)
        return found

    return answer


class Once:
    """Behaves badly at the ``n``-th request (of ``method``, if one is given), and then never again.

    ``seen`` counts the requests that it looked at, ``fired`` is 1 once the fault has happened.
    """

    def __init__(self, fault: Behaviour, method: str | None = None, n: int = 1) -> None:
        self._fault, self._method, self._n = fault, method, n
        self._lock = Lock()
        self.seen = self.fired = 0

    def __call__(self, request: Message, ask: Ask) -> Message:
        if self._method is not None and request.get("method") != self._method:
            return ask(request)
        with self._lock:
            self.seen += 1
            due = self.seen == self._n
            self.fired += due
        return self._fault(request, ask) if due else ask(request)


class Altered:
    """Lies: answers to ``method`` become ``change(params, result)``; None leaves one as it is.

    ``fired`` counts the answers that were altered.
    """

    def __init__(self, method: str, change: Callable[[list[Any], Any], Any]) -> None:
        self._method, self._change = method, change
        self.fired = 0

    def __call__(self, request: Message, ask: Ask) -> Message:
        answer = ask(request)
        if request.get("method") != self._method or "result" not in answer:
            return answer
        changed = self._change(request.get("params", []), answer["result"])
        if changed is None:
            return answer
        self.fired += 1
        return {**answer, "result": changed}


class RpcProxy:
    """A proxy to the node at ``target``, listening on a free port of 127.0.0.1 at ``address``.

    ``behave`` is what it does with each request, ``calls`` the methods it was asked, in order.
    A node that does not answer is passed on as a dropped connection.
    """

    def __init__(self, target: str, behave: Behaviour = forwarded) -> None:
        self.behave = behave
        self.calls: list[str] = []
        self._target = urlsplit(target)
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), name="rpc proxy")

    @property
    def address(self) -> str:
        """What a client is given instead of the node's address."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def count(self, method: str) -> int:
        """How often that method was asked."""
        return self.calls.count(method)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.hang_up()
        self._server.server_close()

    def answer(self, body: bytes) -> bytes:
        """What to answer to one HTTP request; raises Dropped."""
        request = orjson.loads(body)
        assert isinstance(request, dict), "batches do not come from our clients"
        self.calls.append(request["method"])
        return orjson.dumps(self.behave(request, self._ask))

    def _ask(self, request: Message) -> Message:
        node = HTTPConnection(self._target.hostname or "", self._target.port, TIMEOUT)
        try:
            headers = {"Content-Type": "application/json"}
            node.request("POST", self._target.path or "/", orjson.dumps(request), headers)
            answer: Message = orjson.loads(node.getresponse().read())
        except (OSError, HTTPException, ValueError) as error:
            raise Dropped from error
        finally:
            node.close()
        return answer

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # the answer's head and body are two writes

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                try:
                    answer = proxy.answer(body)
                except Dropped:
                    self.close_connection = True
                    return
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        return Handler


class _Server(ThreadingHTTPServer):
    """A server that can end every connection, so that no thread outlives it."""

    daemon_threads = False

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self._open: set[socket.socket] = set()
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """Close all connections; their threads then end by themselves."""
        for request in tuple(self._open):
            with suppress(OSError):
                request.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no matter; anything else is a fault of the test."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)
