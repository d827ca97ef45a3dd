"""The certificate of a record as a page of paper: PDF/A-3b with the proof file inside.

What it shows is read from the proof file alone, so equal input gives equal bytes, and the page
cannot say anything that was not signed.
"""

from __future__ import annotations

import json
from importlib.resources import as_file, files
from typing import Any

import typst

from registry.certificates import qrcodes
from registry.errors import NotFound, RequestError
from verifier import record, shortcode
from verifier.record import Record
from verifier.types import KNOWN

TEMPLATES = {"urn:tem:cert:verification:1": "verification.typ"}


def render(proof: bytes, issuer: str, host: str) -> bytes:
    """The certificate for a proof file; ``issuer`` is the issuer's display name.

    Raises NotFound (``no_page``) for a type that has no page, and RequestError
    (``text_not_printable``) for a letter that the typeface does not have.
    """
    found = record.compare(record.decode(proof))
    template = TEMPLATES.get(found.claims.members["vct"])
    if template is None:
        raise NotFound("no_page", "Records of this type are not printed.", "type")
    text = qrcodes.content(host, found.leaf)
    inputs = {
        "record": json.dumps(_shown(found, issuer, host, text)),
        "qr": _svg(qrcodes.modules(text)),
        "tem": proof.decode(),
    }
    with as_file(files(__package__).joinpath(template)) as path:
        try:
            return typst.compile(
                path,
                format="pdf",
                ignore_system_fonts=True,
                sys_inputs=inputs,
                pdf_standards=["a-3b"],
                timestamp=found.claims.iat,
            )
        except typst.TypstError as error:
            raise RequestError("text_not_printable", error.message, "fields") from error


def _shown(found: Record, issuer: str, host: str, url: str) -> dict[str, Any]:
    claims = found.claims
    kind = KNOWN[claims.members["vct"]]
    properties = kind.schema["properties"]
    public = {name: value for name, value in claims.members.items() if name in kind.public}
    return {
        "title": f"{kind.schema['x-title-vi']} {claims.sub}",
        "issuer": {"name": issuer, "did": claims.iss},
        "number": claims.sub,
        "issued": claims.issued.isoformat(),
        "outcome": claims.outcome,
        "fields": public | {item.name: item.value for item in found.disclosures},
        "labels": {name: [p["x-title-vi"], p["title"]] for name, p in properties.items()},
        "host": host,
        "url": url,
        "code": _for_typing(shortcode.encode(found.leaf)),
    }


def _for_typing(code: str) -> str:
    """A short code in groups, with its check symbol."""
    text = code + shortcode.check_symbol(code)
    return "-".join(text[start : start + 5] for start in range(0, len(text), 5))


def _svg(modules: list[list[bool]]) -> str:
    """A QR code as a drawing, one unit a module, with its quiet zone."""
    edge = qrcodes.QUIET_ZONE
    size = len(modules) + 2 * edge
    dark = "".join(
        f"M{x} {y}h1v1h-1z"
        for y, line in enumerate(modules, start=edge)
        for x, is_dark in enumerate(line, start=edge)
        if is_dark
    )
    box = f'viewBox="0 0 {size} {size}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {box}><path d="{dark}"/></svg>'
