"""Reading pictures and PDF files: what is in them, and what is refused without harm."""

from __future__ import annotations

import random
import struct
import zlib
from contextlib import suppress
from io import BytesIO

import pytest
import qrcode
from PIL import Image

from verifier import proof, qr
from verifier.errors import FormatError
from verifier.qr import CodeLink

CODE = "0123456789ABCDEFGHJKMNPQRS"
TEXT = f"HTTPS://TEM.EXAMPLE/V/{CODE}"


def picture(*texts: str) -> Image.Image:
    """QR codes beside each other."""
    codes = [qrcode.make(text).get_image().convert("L") for text in texts]
    size = max(code.width for code in codes)
    sheet = Image.new("L", (size * len(codes), size), 255)
    for position, code in enumerate(codes):
        sheet.paste(code, (position * size, 0))
    return sheet


def saved(image: Image.Image, kind: str = "PNG") -> bytes:
    data = BytesIO()
    image.save(data, kind)
    return data.getvalue()


def png_claiming(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is that large."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    return (
        qr.PNG + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    )


def pdf_with(body: bytes) -> bytes:
    """A PDF of one page, of which pdfium rebuilds what is missing."""
    return (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n" + body + b"\ntrailer<</Root 1 0 R>>"
    )


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "PDF"])
def test_a_code_is_read(kind: str) -> None:
    assert qr.read(saved(picture(TEXT), kind)) == CodeLink("tem.example", CODE)


def test_the_same_code_twice_is_one() -> None:
    assert qr.read(saved(picture(TEXT, TEXT))) == CodeLink("tem.example", CODE)


def test_a_foreign_code_beside_it_does_no_harm() -> None:
    assert qr.read(saved(picture("https://elsewhere.example", TEXT))) == CodeLink(
        "tem.example", CODE
    )


@pytest.mark.parametrize(
    "text",
    [
        "https://tem.example/V/" + CODE,
        f"HTTPS://TEM.EXAMPLE/V/{CODE}/MORE",
        f"HTTPS://USER@TEM.EXAMPLE/V/{CODE}",
        f"HTTP://TEM.EXAMPLE/V/{CODE}",
        f"HTTPS://TEM.EXAMPLE/V/{CODE[:-1]}",
        f"HTTPS:///V/{CODE}",
    ],
)
def test_other_codes_are_not_a_record_s(text: str) -> None:
    with pytest.raises(FormatError) as error:
        qr.read(saved(picture(text)))
    assert error.value.code == "code_foreign"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (saved(Image.new("L", (64, 64), 255)), "code_missing"),
        (saved(picture(TEXT, TEXT.replace("0123", "3210"))), "codes_several"),
        (png_claiming(60_000, 60_000), "picture_too_large"),
        (png_claiming(2**31 - 1, 2**31 - 1), "picture_too_large"),
        (saved(picture(TEXT))[:200], "picture_damaged"),
        (qr.PNG, "picture_damaged"),
        (qr.JPEG, "picture_damaged"),
        (qr.JPEG + bytes(1000), "picture_damaged"),
        (qr.PNG + bytes(qr.MAX_FILE), "file_too_large"),
        (qr.PDF, "pdf_damaged"),
        (qr.PDF + b"1.7 nothing", "pdf_damaged"),
        (pdf_with(b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]>>endobj"), "code_missing"),
        (
            pdf_with(b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99999 99999]>>endobj"),
            "picture_too_large",
        ),
    ],
)
def test_what_cannot_be_read_is_named(data: bytes, code: str) -> None:
    assert qr.is_readable(data)
    with pytest.raises(FormatError) as error:
        qr.read(data)
    assert error.value.code == code


def test_a_thick_pdf_is_not_rendered() -> None:
    pages = [Image.new("L", (9, 9), 255)] * (qr.MAX_PAGES + 1)
    data = BytesIO()
    pages[0].save(data, "PDF", save_all=True, append_images=pages[1:])
    with pytest.raises(FormatError) as error:
        qr.read(data.getvalue())
    assert error.value.code == "pages_too_many"


def with_attachments(*attachments: tuple[str, bytes]) -> bytes:
    document = qr.pypdfium2.PdfDocument(saved(picture(TEXT), "PDF"))
    for name, content in attachments:
        document.new_attachment(name).set_data(content)
    data = BytesIO()
    document.save(data)
    document.close()
    return data.getvalue()


def test_an_attached_proof_file_comes_before_the_code() -> None:
    assert qr.read(with_attachments(("notes.txt", b"x"), ("a.tem", b"proof"))) == b"proof"
    assert qr.read(with_attachments(("notes.txt", b"x"))) == CodeLink("tem.example", CODE)


def test_attachments_that_are_refused() -> None:
    with pytest.raises(FormatError) as several:
        qr.read(with_attachments(("a.tem", b"1"), ("b.tem", b"2")))
    assert several.value.code == "attachments_several"
    with pytest.raises(FormatError) as large:
        qr.read(with_attachments(("a.tem", bytes(proof.MAX_BYTES + 1))))
    assert (large.value.code, large.value.place) == ("file_too_large", "attachment")


def test_damage_never_ends_in_another_error() -> None:
    chance = random.Random(26)
    good = [
        with_attachments(("a.tem", b"proof")),
        saved(picture(TEXT)),
        saved(picture(TEXT), "JPEG"),
    ]
    for _ in range(300):
        data = bytearray(chance.choice(good))
        for _ in range(chance.choice((1, 4, 32))):
            data[chance.randrange(8, len(data))] = chance.randrange(256)
        if chance.random() < 0.3:
            del data[chance.randrange(8, len(data)) :]
        with suppress(FormatError):
            assert isinstance(qr.read(bytes(data)), (bytes, CodeLink))
