"""The page says what was signed, always in the same bytes, with the proof file inside."""

from __future__ import annotations

from io import BytesIO

import pypdfium2
import pytest

from registry.certificates import pdf, qrcodes
from registry.errors import NotFound, RequestError
from tests.unit.registry.records import proof_file
from verifier import proof, qr
from verifier.merkle import leaf_hash

ISSUER = "Trung tâm Kỹ thuật Đo lường"
HOST = "tem.example"


def text_of(page: bytes) -> str:
    """All text of all pages, in one line."""
    document = pypdfium2.PdfDocument(page)
    try:
        texts = [one.get_textpage().get_text_range() for one in document]
    finally:
        document.close()
    return " ".join(" ".join(texts).split())


def pages_of(page: bytes) -> int:
    document = pypdfium2.PdfDocument(page)
    try:
        return len(document)
    finally:
        document.close()


def test_equal_input_gives_equal_bytes() -> None:
    data = proof_file()
    assert pdf.render(data, ISSUER, HOST) == pdf.render(data, ISSUER, HOST)
    assert pdf.render(data, ISSUER, HOST) != pdf.render(proof_file(serial="2"), ISSUER, HOST)


def test_it_is_one_page_of_pdf_a_with_the_proof_inside() -> None:
    data = proof_file()
    page = pdf.render(data, ISSUER, HOST)
    assert pages_of(page) == 1
    assert b"pdfaid:part>3" in page
    assert b"pdfaid:conformance>B" in page
    assert qr.read(page) == data


def test_it_shows_the_record() -> None:
    shown = text_of(pdf.render(proof_file(), ISSUER, HOST))
    for expected in (
        "GIẤY CHỨNG NHẬN KIỂM ĐỊNH",
        ISSUER.upper(),
        "V26.11001",
        "Cân đồng hồ lò xo",
        "NHS60-2604417",
        "30/11/2027",
        "Định kỳ",
        "Ngày 21 tháng 09 năm 2026",
        "Đạt yêu cầu kỹ thuật đo lường",
    ):
        assert expected in shown


def test_a_failure_is_no_certificate() -> None:
    failed = proof_file(outcome="fail", valid_until=None, stamp=None, conclusion="Không đạt")
    shown = text_of(pdf.render(failed, ISSUER, HOST))
    assert "GIẤY CHỨNG NHẬN" not in shown
    assert "KHÔNG ĐẠT" in shown
    assert "FAILED" in shown


def test_its_code_is_read_by_another_decoder() -> None:
    data = proof_file()
    document = pypdfium2.PdfDocument(pdf.render(data, ISSUER, HOST))
    try:
        picture = document[0].render(scale=200 / 72).to_pil()
    finally:
        document.close()
    expected = qrcodes.content(HOST, leaf_hash(proof.parse(data).statement))
    assert qr.codes(picture) == [expected]
    saved = BytesIO()
    picture.save(saved, "JPEG", quality=60)
    found = qr.read(saved.getvalue())
    assert isinstance(found, qr.CodeLink)
    assert (found.host, found.code) == (HOST, expected[-26:])


@pytest.mark.parametrize(
    "text",
    [
        "#panic()",
        "*bold* _it_ $x^2$",
        "@ref <label>",
        "// comment",
        '"; quote',
        "#sys.inputs.tem",
        "\\u{41}",
        "= Title",
        "[content]",
        "`raw`",
    ],
)
def test_text_is_never_markup(text: str) -> None:
    assert text in text_of(pdf.render(proof_file(place=text), ISSUER, HOST))


def test_long_texts_go_on_and_lose_nothing() -> None:
    long = proof_file(
        limitations=("dài " * 100)[:399],
        standards=["X" * 80] * 16,
        holder="Y" * 200,
        place="Z" * 200,
    )
    page = pdf.render(long, ISSUER, HOST)
    assert pages_of(page) > 1
    shown = text_of(page)
    assert shown.count("X") >= 16 * 80
    assert shown.count("Z") >= 200


@pytest.mark.parametrize("text", ["漢字", "😀", "ไทย"])
def test_a_letter_that_the_typeface_lacks(text: str) -> None:
    with pytest.raises(RequestError) as error:
        pdf.render(proof_file(place=text), ISSUER, HOST)
    assert error.value.code == "text_not_printable"
    assert text[0] in error.value.message


def test_a_type_without_a_page() -> None:
    contracts = dict.fromkeys(("trust_registry", "log_anchor"), "0x" + 40 * "a")
    genesis = proof_file(
        "urn:tem:log:genesis:1",
        "none",
        chain="eip155:1",
        genesis_block="0x" + 64 * "0",
        contracts={**contracts, "status_registry": "0x" + 40 * "b"},
    )
    with pytest.raises(NotFound) as error:
        pdf.render(genesis, ISSUER, HOST)
    assert error.value.code == "no_page"
