"""QR codes of records: the address ``HTTPS://HOST/V/<short code>``, small enough for a stamp."""

from __future__ import annotations

from io import BytesIO

import qrcode
from qrcode.constants import ERROR_CORRECT_M
from qrcode.util import MODE_ALPHA_NUM, QRData

from verifier import shortcode

LARGEST_VERSION = 3
QUIET_ZONE = 4
"""Empty modules around a code (ISO/IEC 18004)."""


def content(host: str, leaf: bytes) -> str:
    """What the code of a record says: capitals only, so that it stays small."""
    return f"HTTPS://{host.upper()}/V/{shortcode.encode(leaf)}"


def modules(text: str) -> list[list[bool]]:
    """The dark modules of the code, row by row, without the quiet zone.

    Alphanumeric mode, level M, and never larger than version 3: ``text`` has at most 61 characters.
    """
    rows: list[list[bool]] = _code(text, border=0).get_matrix()
    return rows


def png(text: str, scale: int = 8) -> bytes:
    """The code as a PNG with its quiet zone; ``scale`` pixels a module."""
    code = _code(text, border=QUIET_ZONE)
    code.box_size = scale
    data = BytesIO()
    code.make_image().save(data, "PNG")
    return data.getvalue()


def _code(text: str, border: int) -> qrcode.QRCode:
    code = qrcode.QRCode(LARGEST_VERSION, error_correction=ERROR_CORRECT_M, border=border)
    code.add_data(QRData(text.encode("ascii"), mode=MODE_ALPHA_NUM))
    code.make(fit=False)
    return code
