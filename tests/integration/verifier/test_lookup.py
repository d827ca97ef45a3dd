"""Looking a code up at a registry that may answer anything."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import NamedTuple

import pytest

from tests.unit.registry.records import proof_file
from verifier import lookup, proof, shortcode
from verifier.errors import FormatError
from verifier.lookup import LookupFailed
from verifier.merkle import leaf_hash

FILE = proof_file()
CODE = shortcode.encode(leaf_hash(proof.parse(FILE).statement))


class Answers(ThreadingHTTPServer):
    """A registry that gives one answer to everything, and remembers what it was asked."""

    status = 200
    body = FILE
    location = ""
    asked: list[str]


class _Handler(BaseHTTPRequestHandler):
    server: Answers

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.send_response(self.server.status)
        if self.server.location:
            self.send_header("Location", self.server.location)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class Registry(NamedTuple):
    url: str
    answers: Answers


@pytest.fixture
def registry() -> Iterator[Registry]:
    with Answers(("127.0.0.1", 0), _Handler) as server:
        server.asked = []
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield Registry(f"http://127.0.0.1:{server.server_port}/", server)
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("typed", [CODE, CODE.lower(), f"{CODE[:4]}-{CODE[4:]}",
                                   CODE + shortcode.check_symbol(CODE)])  # fmt: skip
def test_a_code_is_asked_for_in_its_one_form(registry: Registry, typed: str) -> None:
    assert lookup.fetch(registry.url, typed) == FILE
    assert registry.answers.asked == [f"/api/v1/proofs/{CODE}"]


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (404, b"", "not_found"),
        (300, b"", "several"),
        (500, b"", "registry_answer"),
        (204, b"", "registry_answer"),
        (200, b"", "registry_answer"),
        (200, b"<html>", "registry_answer"),
        (200, proof_file(serial="another"), "registry_answer"),
        (200, FILE + b" " * proof.MAX_BYTES, "registry_answer"),
    ],
)
def test_other_answers(registry: Registry, status: int, body: bytes, code: str) -> None:
    registry.answers.status, registry.answers.body = status, body
    with pytest.raises(LookupFailed) as error:
        lookup.fetch(registry.url, CODE)
    assert error.value.code == code


def test_no_other_place_is_followed(registry: Registry) -> None:
    registry.answers.status, registry.answers.location = 307, registry.url + "elsewhere"
    with pytest.raises(LookupFailed) as error:
        lookup.fetch(registry.url, CODE)
    assert error.value.code == "registry_answer"
    assert len(registry.answers.asked) == 1


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "ftp://127.0.0.1", "nothing", "http://["])
def test_a_registry_that_is_not_there(url: str) -> None:
    with pytest.raises(LookupFailed) as error:
        lookup.fetch(url, CODE, timeout=2)
    assert error.value.code == "registry_unreachable"


def test_a_mistyped_code_is_not_sent(registry: Registry) -> None:
    wrong = "0" if shortcode.check_symbol(CODE) != "0" else "1"
    with pytest.raises(FormatError) as error:
        lookup.fetch(registry.url, CODE + wrong)
    assert error.value.code == "code_check"
    assert registry.answers.asked == []
