"""QR codes stay small enough for a stamp, and say their address in capitals."""

from __future__ import annotations

import pytest
from qrcode.exceptions import DataOverflowError

from registry.certificates import qrcodes
from registry.settings import MAX_HOST
from verifier import qr, shortcode

LEAF = bytes(range(32))


@pytest.mark.parametrize("host", ["a.vn", "tem.example", "a" * MAX_HOST])
def test_version_three_holds_every_host_that_is_allowed(host: str) -> None:
    text = qrcodes.content(host, LEAF)
    assert len(qrcodes.modules(text)) == 29
    found = qr.read(qrcodes.png(text))
    assert found == qr.CodeLink(host, shortcode.encode(LEAF))


def test_a_longer_host_does_not_fit() -> None:
    with pytest.raises(DataOverflowError):
        qrcodes.modules(qrcodes.content("a" * (MAX_HOST + 1), LEAF))


def test_a_code_takes_no_lower_case() -> None:
    with pytest.raises(ValueError, match="can not be represented"):
        qrcodes.modules("https://tem.example/V/x")


def test_equal_records_have_equal_pictures() -> None:
    text = qrcodes.content("tem.example", LEAF)
    assert qrcodes.png(text) == qrcodes.png(text)
