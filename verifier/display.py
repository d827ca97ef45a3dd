"""A report as people read it at a terminal, in Vietnamese or English."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Any

from rich.console import Console, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from verifier.names import instant
from verifier.report import CHECK_NAMES, Report, Result, Verdict
from verifier.types import KNOWN

# Controls, bidirectional and other format characters, half surrogates, line separators.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_STYLES = {
    Verdict.VALID: "bold green",
    Verdict.NOT_GENUINE: "bold white on red",
    Verdict.NOT_AUTHORISED: "bold red",
    Verdict.NOT_IN_FORCE: "bold red",
    Verdict.UNVERIFIABLE: "bold yellow",
}
_MARKS = {
    Result.PASS: ("✓", "green"),
    Result.FAIL: ("✗", "red"),
    Result.UNKNOWN: ("?", "yellow"),
}
# Vietnamese and English, for the checks and for what stands around them.
_WORDS = {
    "format": ("Định dạng", "Format"),
    "content": ("Nội dung", "Content"),
    "signature": ("Chữ ký", "Signature"),
    "key": ("Khóa", "Key"),
    "accreditation": ("Thẩm quyền", "Accreditation"),
    "inclusion": ("Sổ ghi", "Log"),
    "anchor": ("Đăng ký", "Registration"),
    "in_force": ("Hiệu lực", "In force"),
    "issuer": ("Tổ chức cấp", "Issuer"),
    "accredited_by": ("Cơ quan công nhận", "Accredited by"),
    "number": ("Số", "Number"),
    "issued": ("Ngày cấp", "Issued"),
    "proven": ("Đăng ký trên chuỗi lúc", "Registered on chain"),
    "view": ("Dữ liệu chuỗi khối", "View of the chain"),
    "block": ("khối {block}, cũ {age} giây", "block {block}, {age} s old"),
    "code": ("Mã hồ sơ", "Code"),
    "notes": ("Lưu ý", "Note"),
    "page_not_compared": (
        "Trang giấy không được so sánh: hãy đối chiếu với nội dung hồ sơ hiển thị ở đây.",
        "The page itself was not compared; compare it with the record shown here.",
    ),
}


def show(report: Report, language: str, console: Console, *, page: bool = False) -> None:
    """Print a report; ``page``: it came from a page, which was not compared."""
    style = _STYLES[report.verdict]
    if report.verdict is Verdict.VALID and report.outcome == "fail":
        style = "bold red"  # a genuine record of a failure never looks good
    console.print(Text(f" {report.verdict.value} ", style), plain(report.headline(language)))
    console.print(_checks(report, language))
    facts = Table(box=None, show_header=False, pad_edge=False)
    for name, value in _facts(report, language):
        facts.add_row(Text(name, "dim"), value)
    for note in report.notes:
        facts.add_row(Text(word("notes", language), "dim"), escape(note.sentence(language)))
    if page:
        facts.add_row(Text(word("notes", language), "dim"), word("page_not_compared", language))
    console.print(facts)


def plain(text: str) -> Text:
    """Text that a file or the chain gave, without what a terminal would obey or reorder."""
    return Text("".join(c if unicodedata.category(c) not in _UNSEEN else "�" for c in text))


def word(name: str, language: str) -> str:
    """The name of a check, or one of the words around a report."""
    return _WORDS[name][0 if language == "vi" else 1]


def _checks(report: Report, language: str) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    for number, (name, check) in enumerate(zip(CHECK_NAMES, report.checks, strict=True), 1):
        mark, style = _MARKS[check.result]
        sentence = plain(check.sentence(language))
        if check.place:
            sentence.append(f"  {check.code} · {check.place}", "dim")
        elif check.result is not Result.PASS:
            sentence.append(f"  {check.code}", "dim")
        table.add_row(str(number), Text(mark, style), word(name, language), sentence)
    return table


def _facts(report: Report, language: str) -> Iterator[tuple[str, RenderableType]]:
    found: dict[str, Any] = dict(report.facts)
    issuer, record, time, chain = (found[n] for n in ("issuer", "record", "time", "chain"))
    if issuer:
        yield word("issuer", language), plain(f"{issuer['name']} ({issuer['did']})")
        if issuer["accredited_by"]:
            by = f"{issuer['accredited_by']}, {issuer['accredited_scope']}"
            yield word("accredited_by", language), plain(by)
    if record:
        public = record["public"]
        yield word("code", language), Text(record["code"])
        yield word("number", language), Text(str(public["sub"]))
        yield word("issued", language), Text(str(public["issued"]))
        yield from _fields(public["vct"], public | record["disclosed"], language)
    if time and time["proven"] is not None:
        yield word("proven", language), Text(instant(time["proven"]))
    if chain:
        yield word("view", language), Text(word("block", language).format_map(chain))


def _fields(vct: str, values: dict[str, Any], language: str) -> Iterator[tuple[str, Text]]:
    """The fields that are shown, in the order and by the names of their type."""
    properties = KNOWN[vct].schema["properties"] if vct in KNOWN else {}
    for name, field in properties.items():
        if name in values:
            value = values[name]
            shown = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            yield field["x-title-vi" if language == "vi" else "title"], plain(shown)
