"""Published logs in folders and behind addresses that may answer anything."""

from __future__ import annotations

import gzip
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.static_logs import PublishedLog, chain_of, flip, statements
from tests.static_site import Answer, Handler, Server, serving
from tests.world import LOG, NOW
from verifier import published
from verifier.audit import Terms, audit
from verifier.audit_report import Audit
from verifier.errors import ConfigurationError
from verifier.static_log import LogUnreadable

SIZE = 300
NAME = LOG.hex()


@pytest.fixture
def log(tmp_path: Path) -> PublishedLog:
    return PublishedLog(tmp_path / "logs" / NAME, list(statements(SIZE))).publish()


@pytest.fixture
def server(tmp_path: Path, log: PublishedLog) -> Iterator[Server]:
    with serving(tmp_path) as server:
        yield server


def audits(source: str, log: PublishedLog, **limits: float) -> list[Audit]:
    view = chain_of(log, (1, 256, SIZE))
    with published.find(source, **limits) as logs:
        return [audit(one.log, one.place, one.name, Terms(view, NOW)) for one in logs]


def codes(found: list[Audit]) -> list[tuple[str, str]]:
    return [(f.code, f.file) for run in found for f in run.findings.shown]


def listing(*logs: Any) -> Answer:
    return Answer(json.dumps({"logs": list(logs)}).encode())


# ---------------------------------------------------------------------------------------- finding


def test_one_log_or_all_of_a_folder(log: PublishedLog, tmp_path: Path) -> None:
    for source in (log.folder, tmp_path):
        (found,) = audits(str(source), log)
        assert (found.place, found.result) == (str(log.folder), "clean")


def test_a_log_may_be_copied_anywhere(log: PublishedLog, tmp_path: Path) -> None:
    log.folder.rename(tmp_path / "copy")
    assert [run.result for run in audits(str(tmp_path / "copy"), log)] == ["clean"]
    (tmp_path / "copy" / "checkpoint").unlink()
    assert codes(audits(str(tmp_path / "copy"), log)) == [("checkpoint_missing", "checkpoint")]


def test_among_published_logs_the_folder_is_named_like_the_log(
    log: PublishedLog, tmp_path: Path
) -> None:
    log.folder.rename(tmp_path / "logs" / "copy")
    (tmp_path / "logs" / "note.txt").write_text("no log")
    assert codes(audits(str(tmp_path), log)) == [("log_id_differs", "checkpoint")]


def test_a_log_whose_checkpoint_is_gone(log: PublishedLog, tmp_path: Path) -> None:
    (log.folder / "checkpoint").unlink()
    for source in (log.folder, tmp_path):
        assert codes(audits(str(source), log)) == [("checkpoint_missing", "checkpoint")]


@pytest.mark.parametrize("kind", ["missing", "empty", "file", "no logs"])
def test_where_no_log_stands(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / kind
    if kind == "file":
        folder.write_text("text")
    elif kind != "missing":
        (folder / "logs" if kind == "no logs" else folder).mkdir(parents=True)
    with pytest.raises(ConfigurationError) as error, published.find(str(folder)):
        pass
    assert (error.value.code, error.value.place) == ("source_unknown", str(folder))


def test_one_log_or_all_of_an_address(log: PublishedLog, server: Server) -> None:
    server.faults["/logs"] = listing({"id": NAME, "url": "http://127.0.0.1:9/elsewhere"})
    for source in (server.url, f"{server.url}/", f"{server.url}/logs/{NAME}"):
        (found,) = audits(source, log)
        assert (found.place, found.result) == (f"{server.url}/logs/{NAME}", "clean")


def test_a_log_of_which_nothing_is_published_yet_is_none(log: PublishedLog, server: Server) -> None:
    server.faults["/logs"] = listing({"id": NAME, "published": 300}, {"id": "1" * 64,
                                                                      "published": 0})  # fmt: skip
    assert [run.result for run in audits(server.url, log)] == ["clean"]


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b'{"logs": 1}', b'{"logs": [1]}', b'{"logs": [{}]}',
     b'{"logs": [{"id": 5}]}', b'{"logs": [{"id": "../../secret"}]}',
     b'{"logs": [{"id": "' + NAME.upper().encode() + b'"}]}', b" " * (1 << 21)],
)  # fmt: skip
def test_a_listing_of_something_else(server: Server, body: bytes) -> None:
    server.faults["/logs"] = Answer(body)
    with pytest.raises(LogUnreadable) as error, published.find(server.url):
        pass
    assert (error.value.code, error.value.place) == ("log_answer", f"{server.url}/logs")


@pytest.mark.parametrize("answer", [listing(), Answer(b"", 404)])
def test_an_address_without_logs(server: Server, answer: Answer) -> None:
    server.faults["/logs"] = answer
    with pytest.raises(ConfigurationError) as error, published.find(server.url):
        pass
    assert error.value.code == "source_unknown"


def test_nobody_answers() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(LogUnreadable) as error, published.find(url, timeout=2):
            pass
    assert (error.value.code, error.value.place) == ("log_unreachable", f"{url}/checkpoint")


@pytest.mark.parametrize("url", ["http://[", "https://", "http://127.0.0.1:0/x"])
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(LogUnreadable) as error, published.find(url, timeout=2):
        pass
    assert error.value.code == "log_unreachable"


# ---------------------------------------------------------------------------------------- reading

TILE = f"/logs/{NAME}/tile/0/000"
BUNDLE = f"/logs/{NAME}/tile/entries/000"
CHECKPOINT = f"/logs/{NAME}/checkpoint"


@pytest.mark.parametrize("path", [TILE, BUNDLE, CHECKPOINT])
@pytest.mark.parametrize("status", [404, 410])
def test_a_file_that_is_not_there_is_wrong(
    log: PublishedLog, server: Server, path: str, status: int
) -> None:
    server.faults[path] = Answer(b"nothing", status)
    (found,) = audits(f"{server.url}/logs/{NAME}", log)
    file = path.removeprefix(f"/logs/{NAME}/")
    code = "checkpoint_missing" if path == CHECKPOINT else "file_missing"
    assert (found.result, codes([found])) == ("wrong", [(code, file)])
    assert server.fired


@pytest.mark.parametrize("path", [TILE, BUNDLE, CHECKPOINT])
@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer(b"busy", 500), "log_answer"),
        (Answer(b"busy", 503), "log_answer"),
        (Answer(b"who?", 403), "log_answer"),
        (Answer(b"", 204), "log_answer"),
        (Answer(b"", 206), "log_answer"),
        (Answer(b"", 304), "log_answer"),
        (Answer(b"short", length=100, hold=True), "log_unreachable"),
        (Answer(b"no gzip", headers={"Content-Encoding": "gzip"}), "log_unreachable"),
    ],
)
def test_an_answer_that_is_no_file_says_nothing(
    log: PublishedLog, server: Server, path: str, answer: Answer, code: str
) -> None:
    server.faults[path] = answer
    (found,) = audits(f"{server.url}/logs/{NAME}", log, timeout=0.5)
    assert (found.result, codes([found])) == ("unknown", [(code, server.url + path)])
    assert server.fired


@pytest.mark.parametrize("path", [TILE, CHECKPOINT])
def test_no_other_place_is_followed(
    log: PublishedLog, server: Server, tmp_path: Path, path: str
) -> None:
    with serving(tmp_path) as other:
        server.faults[path] = Answer(status=307, headers={"Location": other.url + path})
        (found,) = audits(f"{server.url}/logs/{NAME}", log)
    assert (found.result, codes([found])) == ("unknown", [("log_answer", server.url + path)])
    assert f"points to '{other.url}" in found.findings.shown[0].message
    assert other.asked == []


class Dripping(Handler):
    """Answers without an end, one byte at a time."""

    def do_GET(self) -> None:  # noqa: N802 - the server's name
        self.send_response(200)
        self.end_headers()
        try:
            while not self.server.closing.wait(0.02):
                self.wfile.write(b"x")
                self.server.fired += 1
        except ConnectionError:
            pass
        self.close_connection = True


def test_a_file_that_does_not_come_to_its_end(log: PublishedLog, server: Server) -> None:
    server.RequestHandlerClass = Dripping
    (found,) = audits(f"{server.url}/logs/{NAME}", log, timeout=5, deadline=0.3)
    assert codes([found]) == [("log_unreachable", server.url + CHECKPOINT)]
    assert "0.3 s" in found.findings.shown[0].message
    assert server.fired > 1


@pytest.mark.parametrize(
    ("path", "code"),
    [(TILE, "tile_length"), (BUNDLE, "bundle_too_large"), (CHECKPOINT, "checkpoint_too_large")],
)
def test_of_a_file_that_is_too_large_no_more_is_read(
    log: PublishedLog, server: Server, path: str, code: str
) -> None:
    size = 1 << 40
    server.faults[path] = Answer(bytes(4 << 20), length=size, hold=True)
    (found,) = audits(f"{server.url}/logs/{NAME}", log, timeout=5)
    assert (found.result, codes([found])[0][0]) == ("wrong", code)
    assert server.fired


def test_compressed_files(log: PublishedLog, server: Server) -> None:
    for path in (TILE, BUNDLE):
        data = gzip.compress((server.folder / path[1:]).read_bytes())
        server.faults[path] = Answer(data, headers={"Content-Encoding": "gzip"})
    (found,) = audits(f"{server.url}/logs/{NAME}", log)
    assert (found.result, server.fired >= 2) == ("clean", True)


def test_damage_behind_an_address(log: PublishedLog, server: Server) -> None:
    flip(log.folder / "tile/entries/000")
    (found,) = audits(f"{server.url}/logs/{NAME}", log)
    assert codes([found]) == [("entries_differ", "tile/entries/000")]
