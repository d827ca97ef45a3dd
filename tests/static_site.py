"""Published files over HTTP, by a server that a test lets misbehave."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread


@dataclass
class Answer:
    """An HTTP answer: ``hold`` keeps silent after it until the server ends."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None
    hold: bool = False


class Server(ThreadingHTTPServer):
    """Serves a folder, until ``faults`` (by path) answer in its place."""

    daemon_threads = True
    folder: Path
    faults: dict[str, Answer]
    asked: list[str]
    fired: int
    closing: Event

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        answer = self.server.faults.get(self.path)
        if answer is None:
            answer = self._honest()
        else:
            self.server.fired += 1
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        length = len(answer.body) if answer.length is None else answer.length
        self.send_header("Content-Length", str(length))
        self.end_headers()
        try:
            self.wfile.write(answer.body)
            self.wfile.flush()
        except ConnectionError:
            self.close_connection = True
        if answer.hold:
            self.server.closing.wait()
            self.close_connection = True

    def _honest(self) -> Answer:
        try:
            return Answer((self.server.folder / self.path[1:]).read_bytes())
        except OSError:
            return Answer(b"Not found", 404)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """Serves ``folder`` on 127.0.0.1."""
    with Server(("127.0.0.1", 0), Handler) as server:
        server.folder, server.faults, server.asked = folder, {}, []
        server.fired, server.closing = 0, Event()
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.closing.set()
            server.shutdown()
            thread.join()
