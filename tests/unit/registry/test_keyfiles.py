"""Key files open with their passphrase only, and are never overwritten."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256K1,
    SECP256R1,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from eth_account import Account

from registry import keyfiles
from registry.errors import KeyFileError

PASSPHRASE = "mật khẩu đủ dài".encode()


def test_keys_come_back(tmp_path: Path) -> None:
    signing, checkpoint = generate_private_key(SECP256R1()), Ed25519PrivateKey.generate()
    keyfiles.write_key(tmp_path / "signing.der", signing, PASSPHRASE)
    keyfiles.write_key(tmp_path / "checkpoint.der", checkpoint, PASSPHRASE)
    read = keyfiles.read_p256(tmp_path / "signing.der", PASSPHRASE)
    assert read.private_numbers() == signing.private_numbers()
    again = keyfiles.read_ed25519(tmp_path / "checkpoint.der", PASSPHRASE)
    assert again.private_bytes_raw() == checkpoint.private_bytes_raw()


def test_accounts_come_back(tmp_path: Path) -> None:
    account = Account.create()
    keyfiles.write_account(tmp_path / "new" / "account.json", account, PASSPHRASE)
    read = keyfiles.read_account(tmp_path / "new" / "account.json", PASSPHRASE)
    assert read.key == account.key
    assert json.loads((tmp_path / "new" / "account.json").read_text())["version"] == 3


def test_files_are_scrypt_pkcs8_for_the_owner_alone(tmp_path: Path) -> None:
    key = generate_private_key(SECP256R1())
    path = tmp_path / "keys" / "signing.der"
    keyfiles.write_key(path, key, PASSPHRASE)
    data = path.read_bytes()
    scrypt = bytes.fromhex("06092b06010401da47040b")  # OID 1.3.6.1.4.1.11591.4.11
    assert scrypt in data
    assert load_der_private_key(data, PASSPHRASE)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "signing.der"
    keyfiles.write_key(path, generate_private_key(SECP256R1()), PASSPHRASE)
    before = path.read_bytes()
    with pytest.raises(KeyFileError) as error:
        keyfiles.write_key(path, generate_private_key(SECP256R1()), PASSPHRASE)
    assert error.value.code == "key_file_exists"
    assert path.read_bytes() == before


def _plain(key: Any) -> bytes:
    data: bytes = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return data


@pytest.mark.parametrize("read", [keyfiles.read_p256, keyfiles.read_ed25519, keyfiles.read_account])
def test_what_is_no_key_file(read: Callable[[Path, bytes], Any], tmp_path: Path) -> None:
    path = tmp_path / "key"
    with pytest.raises(KeyFileError) as missing:
        read(path, PASSPHRASE)
    assert missing.value.code == "key_file_missing"
    for damaged in (b"", b"no key", b"{}", b'{"crypto": {}}', _plain(Ed25519PrivateKey.generate())):
        path.write_bytes(damaged)
        with pytest.raises(KeyFileError) as error:
            read(path, PASSPHRASE)
        assert error.value.code == "key_file_damaged", damaged
        assert error.value.place == str(path)


def test_the_wrong_passphrase_or_key(tmp_path: Path) -> None:
    signing, other, account = (tmp_path / name for name in ("signing", "other", "account"))
    keyfiles.write_key(signing, generate_private_key(SECP256R1()), PASSPHRASE)
    keyfiles.write_key(other, generate_private_key(SECP256K1()), PASSPHRASE)
    keyfiles.write_account(account, Account.create(), PASSPHRASE)
    cases: list[tuple[Callable[[Path, bytes], Any], Path, bytes, str]] = [
        (keyfiles.read_p256, signing, b"wrong", "passphrase_wrong"),
        (keyfiles.read_account, account, b"wrong", "passphrase_wrong"),
        (keyfiles.read_p256, other, PASSPHRASE, "key_kind"),
        (keyfiles.read_ed25519, signing, PASSPHRASE, "key_kind"),
    ]
    for read, path, passphrase, code in cases:
        with pytest.raises(KeyFileError) as error:
            read(path, passphrase)
        assert error.value.code == code
