"""Reading pictures and PDF files: the proof file attached to a PDF, and what QR codes say.

What is read here is only a hint of what to look up or judge. It never chooses the registry that is
asked, nor the chain that it is judged by: both are the verifier's configuration.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

import pypdfium2
import zxingcpp
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

from verifier import proof
from verifier.errors import FormatError

MAX_FILE = 20 * 1024 * 1024
MAX_PIXELS = 40_000_000
MAX_PAGES = 20
PAGE_DPI = 200

PDF, PNG, JPEG = b"%PDF-", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"

_QR = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
_RECORD = re.compile(r"HTTPS://([A-Z0-9.:-]{1,64})/V/([0-9A-Z]{26})")
# What Pillow raises for damaged pictures.
_DAMAGED = (OSError, SyntaxError, ValueError, EOFError, struct.error)


@dataclass(frozen=True, slots=True)
class CodeLink:
    """What a record's QR code says: the host that it names (lower case), and the short code."""

    host: str
    code: str


def is_readable(data: bytes) -> bool:
    """Whether ``data`` looks like a PDF or a picture that ``read`` takes."""
    return data.startswith((PDF, PNG, JPEG))


def read(data: bytes) -> bytes | CodeLink:
    """The proof file attached to a PDF, or else what the QR code on it or in a picture says.

    Raises FormatError: ``file_too_large``, ``picture_too_large``, ``pdf_damaged``,
    ``picture_damaged``, ``pages_too_many``, ``attachments_several``, ``code_missing`` (no QR code
    that can be read), ``code_foreign`` (none of a record) or ``codes_several``.
    """
    if len(data) > MAX_FILE:
        raise FormatError("file_too_large", f"Over {MAX_FILE} bytes.", "file")
    if data.startswith(PDF):
        return _read_pdf(data)
    return _record_link(codes(_open_picture(data)))


def codes(picture: Image.Image) -> list[str]:
    """The text of every QR code in a picture."""
    found = zxingcpp.read_barcodes(picture, formats=_QR)
    return [code.text for code in found]


def _record_link(texts: list[str]) -> CodeLink:
    if not texts:
        raise FormatError("code_missing", "There is no QR code that can be read.", "file")
    links = {CodeLink(m[1].lower(), m[2]) for text in texts if (m := _RECORD.fullmatch(text))}
    if not links:
        raise FormatError("code_foreign", "No QR code here is that of a record.", "file")
    if len(links) > 1:
        raise FormatError("codes_several", "QR codes of several records: show one.", "file")
    return links.pop()


def _open_picture(data: bytes) -> Image.Image:
    """Decode a PNG or JPEG to grey; its size is looked at before its pixels are."""
    kind = PngImageFile if data.startswith(PNG) else JpegImageFile
    try:
        picture = kind(BytesIO(data))
        _require_pixels(*picture.size)
        return picture.convert("L")
    except _DAMAGED as error:
        raise FormatError("picture_damaged", "The picture cannot be decoded.", "file") from error


def _read_pdf(data: bytes) -> bytes | CodeLink:
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise FormatError("pdf_damaged", "The PDF cannot be opened.", "file") from error
    try:
        attached = _attached(document)
        if attached is not None:
            return attached
        return _record_link([text for page in _pages(document) for text in codes(page)])
    except pypdfium2.PdfiumError as error:
        raise FormatError("pdf_damaged", "The PDF cannot be read.", "file") from error
    finally:
        document.close()


def _attached(document: pypdfium2.PdfDocument) -> bytes | None:
    attachments = [document.get_attachment(i) for i in range(document.count_attachments())]
    proofs = [item for item in attachments if item.get_name().endswith(".tem")]
    if not proofs:
        return None
    if len(proofs) > 1:
        raise FormatError("attachments_several", "More than one .tem is attached.", "file")
    data = bytes(proofs[0].get_data())
    if len(data) > proof.MAX_BYTES:
        raise FormatError("file_too_large", f"Over {proof.MAX_BYTES} bytes.", "attachment")
    return data


def _pages(document: pypdfium2.PdfDocument) -> Iterator[Image.Image]:
    if len(document) > MAX_PAGES:
        raise FormatError("pages_too_many", f"Over {MAX_PAGES} pages.", "file")
    for page in document:
        width, height = page.get_size()
        scale = PAGE_DPI / 72
        _require_pixels(width * scale, height * scale)
        yield page.render(scale=scale, grayscale=True).to_pil()


def _require_pixels(width: float, height: float) -> None:
    if width * height > MAX_PIXELS:
        raise FormatError("picture_too_large", f"Over {MAX_PIXELS} pixels.", "file")
