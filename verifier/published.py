"""Where logs are published: a folder, or an address that serves the same files.

Whoever is asked for a file sees no other host: nothing redirects, and a listing gives ids only.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import orjson

from verifier.errors import ConfigurationError
from verifier.static_log import MAX_CHECKPOINT, Files, LogUnreadable, StaticLog
from verifier.tiles import CHECKPOINT

TIMEOUT = 10.0
"""Seconds for an address to begin answering, and between two parts of an answer."""
DEADLINE = 60.0
"""Seconds for the whole of one file."""
CONNECTIONS = 8
LOGS = "logs"

_MAX_LISTING = 1 << 20
_ID = re.compile(r"[0-9a-f]{64}")


class Published(NamedTuple):
    """A log as it was found: where, and the name that has to be its id (None: it may be any)."""

    place: str
    name: str | None
    log: StaticLog


@dataclass(frozen=True, slots=True)
class Folder:
    """The files of a log in a folder. Implements Files."""

    path: Path

    def read(self, paths: Sequence[str], limit: int) -> list[bytes | None]:
        return [self._one(path, limit) for path in paths]

    def _one(self, path: str, limit: int) -> bytes | None:
        try:
            with (self.path / path).open("rb") as file:
                return file.read(limit + 1)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            said = error.strerror or "It cannot be read"
            raise LogUnreadable("file_unreadable", f"{said}.", str(self.path / path)) from error


@dataclass(frozen=True, slots=True)
class Site:
    """The files of a log below an address, several asked for at a time. Implements Files."""

    address: str
    client: httpx.Client
    threads: ThreadPoolExecutor
    deadline: float = DEADLINE

    def read(self, paths: Sequence[str], limit: int) -> list[bytes | None]:
        return list(self.threads.map(lambda path: self._one(path, limit), paths))

    def _one(self, path: str, limit: int) -> bytes | None:
        url = f"{self.address}/{path}"
        try:
            return self._get(url, limit)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            said = f"It does not answer: {type(error).__name__}."
            raise LogUnreadable("log_unreachable", said, url) from error

    def _get(self, url: str, limit: int) -> bytes | None:
        """What stands at ``url``, of which no more is read than shows that it is too large."""
        end = time.monotonic() + self.deadline
        with self.client.stream("GET", url) as response:
            if response.status_code in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
                return None
            if response.status_code != HTTPStatus.OK:
                raise LogUnreadable("log_answer", _answered(response), url)
            data = bytearray()
            for chunk in response.iter_bytes():
                data += chunk
                if len(data) > limit:
                    break
                if time.monotonic() > end:
                    said = f"The file was not there after {self.deadline:g} s."
                    raise LogUnreadable("log_unreachable", said, url)
            return bytes(data[: limit + 1])


def _answered(response: httpx.Response) -> str:
    if response.has_redirect_location:
        return f"It points to {response.headers['Location'][:200]!a}: give that address instead."
    return f"It answered with status {response.status_code}."


@contextmanager
def find(
    source: str, timeout: float = TIMEOUT, deadline: float = DEADLINE
) -> Iterator[list[Published]]:
    """The logs at ``source``: one log, or everything that a registry publishes.

    ``source`` is a folder, or an address (http or https). Raises ConfigurationError
    (``source_unknown``) if no log stands there, and LogUnreadable.
    """
    if not re.match(r"https?://", source):
        yield _in_folder(Path(source))
        return
    headers = {"Accept-Encoding": "gzip, identity"}
    with (
        ThreadPoolExecutor(CONNECTIONS) as threads,
        httpx.Client(timeout=timeout, headers=headers, follow_redirects=False) as client,
    ):
        yield _at_address(Site(source.rstrip("/"), client, threads, deadline))


def _in_folder(folder: Path) -> list[Published]:
    name = folder.resolve().name
    if _ID.fullmatch(name) or (folder / CHECKPOINT).exists() or (folder / "tile").exists():
        return [_published(str(folder), name, Folder(folder))]
    try:
        found = sorted(path for path in (folder / LOGS).iterdir() if path.is_dir())
    except OSError:
        found = []
    return _some(
        [Published(str(path), path.name, StaticLog(Folder(path))) for path in found], str(folder)
    )


def _at_address(site: Site) -> list[Published]:
    name = site.address.rpartition("/")[2]
    if _ID.fullmatch(name) or site.read([CHECKPOINT], MAX_CHECKPOINT) != [None]:
        return [_published(site.address, name, site)]
    (listing,) = site.read([LOGS], _MAX_LISTING)
    ids = [] if listing is None else _ids(listing, f"{site.address}/{LOGS}")
    sites = [
        Site(f"{site.address}/{LOGS}/{log}", site.client, site.threads, site.deadline)
        for log in ids
    ]
    return _some(
        [_published(one.address, log, one) for log, one in zip(ids, sites, strict=True)],
        site.address,
    )


def _published(place: str, name: str, files: Files) -> Published:
    return Published(place, name if _ID.fullmatch(name) else None, StaticLog(files))


def _some(found: list[Published], source: str) -> list[Published]:
    if not found:
        raise ConfigurationError(
            "source_unknown",
            "No log is published here: expected a checkpoint, or logs below logs/.",
            source,
        )
    return found


def _ids(listing: bytes, url: str) -> list[str]:
    """Ids of the logs that a registry lists; of those of which nothing is published yet, none."""
    try:
        logs: Any = orjson.loads(listing)["logs"]
        found = [log["id"] for log in logs if log.get("published") != 0]
        if all(_ID.fullmatch(log) for log in found):
            return found
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        pass
    raise LogUnreadable("log_answer", "It answered with something else than a list of logs.", url)
