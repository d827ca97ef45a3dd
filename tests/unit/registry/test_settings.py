"""Settings come from the environment once, and what cannot work is refused by its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from registry import settings
from verifier.errors import ConfigurationError


def test_defaults_need_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEM_DATA", raising=False)
    found = settings.load()
    assert found.database_url == "sqlite:///data/tem.db"
    assert found.trust_file == Path("data/trust.json")
    assert found.rpc == ()


def test_environment_and_what_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEM_RPC", "http://one.example  http://two.example")
    monkeypatch.setenv("TEM_DATA", "/somewhere")
    found = settings.load(data=Path("/elsewhere"))
    assert found.rpc == ("http://one.example", "http://two.example")
    assert found.data == Path("/elsewhere")


@pytest.mark.parametrize("host", ["tem.example", "a" * 24, "localhost:8480", "10.0.0.1:80"])
def test_hosts_that_fit_a_code(host: str) -> None:
    assert settings.load(host=host).host == host


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("host", "a" * 25, "25 characters; a QR code has room for 24"),
        ("host", "https://tem.example", "a host name in lower case"),
        ("host", "Tem.example", "a host name in lower case"),
        ("host", "", "a host name in lower case"),
        ("port", "no number", "valid integer"),
        ("port", "65536", "less than or equal to 65535"),
        ("chain_id", "0", "greater than 0"),
        ("anchor_interval", "0", "greater than 0"),
    ],
)
def test_what_cannot_work_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, reason: str
) -> None:
    monkeypatch.setenv(f"TEM_{name.upper()}", value)
    with pytest.raises(ConfigurationError, match=reason) as error:
        settings.load()
    assert (error.value.code, error.value.place) == ("setting_invalid", f"TEM_{name.upper()}")
