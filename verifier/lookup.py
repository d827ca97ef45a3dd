"""Looking up a record's proof file at the configured registry."""

from __future__ import annotations

from http import HTTPStatus

import httpx

from verifier import merkle, proof, shortcode
from verifier.errors import TemError

TIMEOUT = 10.0


class LookupFailed(TemError):  # noqa: N818 - an outcome, and never a verdict on a record
    """No proof file was found.

    ``not_found`` (perhaps a typing error, or an issuer that does not take part), ``several``,
    ``registry_unreachable`` or ``registry_answer`` (it answered with something else).
    """


def fetch(registry: str, code: str, timeout: float = TIMEOUT) -> bytes:
    """The proof file of the record with this short code, from ``registry`` (its base address).

    Whatever the registry answers is judged as any file is; here it only has to be the record that
    was asked for. Raises LookupFailed, and FormatError for a mistyped code.
    """
    wanted = shortcode.decode(code)
    url = f"{registry.rstrip('/')}/api/v1/proofs/{shortcode.encode(wanted)}"
    try:
        status, data = _get(url, timeout)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise LookupFailed("registry_unreachable", f"{registry} does not answer.") from error
    if status == HTTPStatus.NOT_FOUND:
        raise LookupFailed("not_found", f"{registry} has no record with this code.", "code")
    if status == HTTPStatus.MULTIPLE_CHOICES:
        raise LookupFailed("several", "More than one record has this code.", "code")
    if status != HTTPStatus.OK:
        raise LookupFailed("registry_answer", f"{registry} answered with status {status}.")
    if not _is(data, wanted):
        raise LookupFailed("registry_answer", f"{registry} answered with another record.")
    return data


def _get(url: str, timeout: float) -> tuple[int, bytes]:
    """Status and body, of which no more is read than a proof file may have."""
    headers = {"Accept": proof.MEDIA_TYPE}
    with httpx.stream("GET", url, timeout=timeout, headers=headers) as response:
        data = b""
        for chunk in response.iter_bytes():
            data += chunk
            if len(data) > proof.MAX_BYTES:
                break
        return response.status_code, data


def _is(data: bytes, wanted: bytes) -> bool:
    try:
        leaf = merkle.leaf_hash(proof.parse(data).statement)
    except TemError:
        return False
    return leaf.startswith(wanted)
