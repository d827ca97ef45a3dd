"""Published logs over HTTP: whole, kept for the right time, and nothing else from the disk."""

from __future__ import annotations

import gzip
import http.client
from pathlib import Path

import httpx
import pytest

from anchor.database import writing
from anchor.public_files import log_folder
from anchor.publishing import Publisher
from anchor.store import Entry, append
from registry.certificates.schemas import CertificateRequest
from registry.keyring import Keyring
from tests.integration.registry.conftest import BODY, NOW, OTHER, Service, World
from tests.integration.registry.requests import certificate
from verifier import checkpoint, published
from verifier.tiles import encode_bundle

KEPT = "public, max-age=31536000, immutable"


@pytest.fixture
def log(service: Service, keyring: Keyring, tmp_path: Path) -> str:
    """The address of a log of 300 entries, published at 200 and at 300."""
    log = service.body.log.log
    worker = Publisher(service.engine, tmp_path / "public", lambda _: keyring.checkpoint(BODY.did))
    for first, size in ((1, 200), (200, 300)):
        with writing(service.engine) as session:
            entries = [Entry(b"entry %d" % number, NOW) for number in range(first, size)]
            append(session, log, entries, NOW)
        assert worker.publish(log) == size
    return f"/logs/{log.hex()}"


def raw(service: Service, path: str) -> tuple[int, str]:
    """Status and body for a path that is sent as it is, without any client's tidying."""
    url = service.http.base_url
    connection = http.client.HTTPConnection(url.host, url.port or 80, timeout=10)
    connection.putrequest("GET", path, skip_host=False)
    connection.endheaders()
    answer = connection.getresponse()
    found = answer.status, answer.read().decode("utf-8", "replace")
    connection.close()
    return found


def test_the_list_of_logs(service: Service, log: str) -> None:
    answer = service.http.get("/logs")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cache-Control"] == "no-cache"
    body, other = service.body.log.log.hex(), service.other.log.log.hex()
    assert answer.json() == {
        "logs": [
            {
                "id": body,
                "origin": BODY.origin,
                "did": BODY.did,
                "name": BODY.name,
                "size": 300,
                "published": 300,
                "url": f"/logs/{body}",
            },
            {
                "id": other,
                "origin": OTHER.origin,
                "did": OTHER.did,
                "name": OTHER.name,
                "size": 1,
                "published": 0,
                "url": f"/logs/{other}",
            },
        ]
    }


def test_a_checkpoint_is_asked_for_again_each_time(
    service: Service, log: str, keyring: Keyring
) -> None:
    answer = service.http.get(f"{log}/checkpoint")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    key = keyring.checkpoint(BODY.did).public_key().public_bytes_raw()
    assert checkpoint.verify(answer.text, key).size == 300


def test_tiles_are_kept_for_ever(service: Service, log: str, tmp_path: Path) -> None:
    for path in ("0/000", "0/001.p/44", "1/000.p/1", "entries/000", "entries/001.p/44"):
        answer = service.http.get(f"{log}/tile/{path}", headers={"Accept-Encoding": "identity"})
        assert answer.status_code == 200
        assert answer.content == (tmp_path / "public" / log[1:] / "tile" / path).read_bytes()
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Cache-Control"] == KEPT
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Content-Encoding" not in answer.headers


def test_what_is_known_is_not_sent_again(service: Service, log: str) -> None:
    for path in ("checkpoint", "tile/0/000", "tile/entries/000"):
        first = service.http.get(f"{log}/{path}")
        tag = first.headers["ETag"]
        for known in (tag, f"W/{tag}", f'"another", {tag}', "*"):
            answer = service.http.get(f"{log}/{path}", headers={"If-None-Match": known})
            assert (answer.status_code, answer.content) == (304, b"")
            for name in ("ETag", "Cache-Control", "Access-Control-Allow-Origin", "Vary"):
                assert answer.headers[name] == first.headers[name]
        answer = service.http.get(f"{log}/{path}", headers={"If-None-Match": '"another"'})
        assert (answer.status_code, answer.content) == (200, first.content)


def test_a_new_checkpoint_has_another_tag(
    service: Service, log: str, keyring: Keyring, tmp_path: Path
) -> None:
    tag = service.http.get(f"{log}/checkpoint").headers["ETag"]
    with writing(service.engine) as session:
        append(session, service.body.log.log, [Entry(b"one more", NOW)], NOW)
    worker = Publisher(service.engine, tmp_path / "public", lambda _: keyring.checkpoint(BODY.did))
    worker.publish(service.body.log.log)
    answer = service.http.get(f"{log}/checkpoint", headers={"If-None-Match": tag})
    assert answer.status_code == 200
    assert checkpoint.parse(answer.text).size == 301


@pytest.mark.parametrize(
    ("coding", "offers"),
    [
        ("gzip", ("gzip", "br, GZIP;q=0.5")),
        (None, ("gzip;q=0, identity", "identity", "x-gzip", "")),
    ],
)
def test_entries_are_compressed_for_who_takes_it(
    service: Service, log: str, coding: str | None, offers: tuple[str, ...]
) -> None:
    path, entries = f"{log}/tile/entries/001.p/44", [b"entry %d" % n for n in range(256, 300)]
    for offer in offers:
        headers = {"Accept-Encoding": offer}
        with service.http.stream("GET", path, headers=headers) as answer:
            sent = b"".join(answer.iter_raw())
        assert answer.headers.get("Content-Encoding") == coding
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert answer.headers["ETag"].endswith('-gzip"') == (coding == "gzip")
        assert (gzip.decompress(sent) if coding else sent) == encode_bundle(entries)


def test_head_gives_the_headers_alone(service: Service, log: str) -> None:
    for path in ("/logs", f"{log}/checkpoint", f"{log}/tile/0/000", f"{log}/tile/entries/000"):
        asked, shown = service.http.get(path), service.http.head(path)
        assert (shown.status_code, shown.content) == (200, b"")
        for name in ("Content-Type", "Content-Length", "Cache-Control"):
            assert shown.headers[name] == asked.headers[name]
        assert shown.headers.get("ETag") == asked.headers.get("ETag")


def refused(answer: httpx.Response) -> str:
    """That there is no such file, said so that a page may read it and nobody keeps it."""
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    code: str = answer.json()["code"]
    return code


def test_what_is_not_published(service: Service, log: str) -> None:
    missing = ("0/002", "0/001", "0/001.p/43", "1/000", "2/000.p/1")
    gone = ("0/000.p/200", "entries/000.p/200")  # since there are the full ones
    for path in (*missing, *gone):
        assert refused(service.http.get(f"{log}/tile/{path}")) == "not_published"
        assert service.http.head(f"{log}/tile/{path}").status_code == 404


def test_a_log_of_which_nothing_is_published(service: Service, log: str) -> None:
    for name in (service.other.log.log.hex(), "0" * 64):
        assert refused(service.http.get(f"/logs/{name}/checkpoint")) == "not_published"


MISSPELT = (
    "00/000", "64/000", "-1/000", "0/0", "0/00", "0/0000", "0/x000/000", "0/x001", "0/001/002",
    "0/000.p/0", "0/000.p/256", "0/000.p/044", "0/000.p", "0/000.p/", "0/000/", "0//000",
    "entries", "entries/", "Entries/000", "entries/000.p/-1", "checkpoint", "", "0/٠٠٠",
    "0/000%00", "0/000.p/1/..", "0/x001/x000/x000/x000/x000/x000/000",
)  # fmt: skip


def test_a_tile_has_one_spelling(service: Service, log: str, tmp_path: Path) -> None:
    place = tmp_path / "public" / log[1:] / "tile" / "0"
    (place / "x000").mkdir()
    (place / "x000" / "000").write_bytes(b"another spelling of 0/000")
    for path in MISSPELT:
        assert refused(service.http.get(f"{log}/tile/{path}")) == "not_published", path


OUTSIDE = (
    "/logs/{id}/tile/../../../secret",
    "/logs/{id}/tile/..%2f..%2f..%2fsecret",
    "/logs/{id}/tile/%2e%2e/%2e%2e/%2e%2e/secret",
    "/logs/{id}/tile//secret",
    "/logs/{id}/tile/%2fetc%2fpasswd",
    "/logs/{id}/tile/0/000/../../../../../secret",
    "/logs/{id}/tile/..\\..\\..\\secret",
    "/logs/../secret/checkpoint",
    "/logs/..%2f..%2fsecret/checkpoint",
    "/logs/%2e%2e/checkpoint",
    "/logs/{ID}/checkpoint",
    "/logs/{id}%00/checkpoint",
    "/logs/{id}%0a/checkpoint",
    "/logs/{id}/lock",
    "/logs/.publishing/checkpoint",
)


def test_no_path_leads_out_of_the_log(service: Service, log: str, tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "public", tmp_path / "public" / "logs"):
        (place / "secret").write_bytes(b"not to be shown")
        (place / "checkpoint").write_bytes(b"not to be shown")
    name = log.rpartition("/")[2]
    for path in OUTSIDE:
        status, body = raw(service, path.format(id=name, ID=name.upper()))
        assert status == 404, path
        assert "not to be shown" not in body, path
        assert "root:" not in body, path


def test_no_link_leads_out_of_the_log(service: Service, log: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"not to be shown")
    place = tmp_path / "public" / log[1:] / "tile" / "0"
    (place / "007").symlink_to(tmp_path / "secret")
    (place / "008.p").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "1").write_bytes(b"not to be shown")
    for path in ("0/007", "0/008.p/1"):
        assert refused(service.http.get(f"{log}/tile/{path}")) == "not_published"
    moved = tmp_path / "public" / log[1:]
    moved.rename(tmp_path / "elsewhere")
    moved.symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    assert refused(service.http.get(f"{log}/tile/0/000")) == "not_published"


def test_the_whole_folder_may_be_a_link(service: Service, log: str, tmp_path: Path) -> None:
    (tmp_path / "public").rename(tmp_path / "another disk")
    (tmp_path / "public").symlink_to(tmp_path / "another disk", target_is_directory=True)
    assert service.http.get(f"{log}/tile/0/000").status_code == 200


def test_a_stranger_reads_the_whole_log(service: Service, log: str) -> None:
    with published.find(str(service.http.base_url.join(log))) as found:
        (one,) = found
        text = one.log.checkpoint()
        assert text is not None
        entries = list(one.log.entries(checkpoint.parse(text)))
    assert len(entries) == 300
    assert entries[1:] == [(number, b"entry %d" % number) for number in range(1, 300)]
    with published.find(str(service.http.base_url)) as listed:
        assert [one.name for one in listed] == [log.rpartition("/")[2]]


def test_an_installation_serves_what_it_anchors(world: World) -> None:
    issued = world.here.services.certificates.issue(
        world.body, CertificateRequest(**certificate("V26.700"))
    )
    world.here.worker.anchor_newest(world.body.log.log)
    log = world.body.log.log.hex()
    signed = checkpoint.verify(
        world.here.services.logs.checkpoint(log).decode(),
        world.here.keyring.checkpoint(BODY.did).public_key().public_bytes_raw(),
    )
    assert signed.size > issued.index
    assert log_folder(world.settings.public_folder, bytes.fromhex(log)).is_dir()
