"""Private keys on disk, each encrypted with a passphrase.

P-256 and Ed25519 keys are PKCS#8 files under scrypt (PBES2 with RFC 7914), which OpenSSL reads as
well; accounts of the chain are keystore files as other Ethereum programs read them. Files are
readable by their owner alone and are never overwritten.
"""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from cryptography.x509 import ObjectIdentifier
from eth_account import Account
from eth_account.signers.local import LocalAccount

from registry.errors import KeyFileError

# scrypt as OWASP recommends it where 16 MiB of memory may be used, which is OpenSSL's limit too.
SCRYPT_N, SCRYPT_R, SCRYPT_P = 2**14, 8, 5

_PBES2 = ObjectIdentifier("1.2.840.113549.1.5.13")
_SCRYPT = ObjectIdentifier("1.3.6.1.4.1.11591.4.11")
_AES_256_CBC = ObjectIdentifier("2.16.840.1.101.3.4.1.42")


@asn1.sequence
class _ScryptParameters:
    salt: bytes
    n: int
    r: int
    p: int


@asn1.sequence
class _KeyDerivation:
    algorithm: ObjectIdentifier
    parameters: _ScryptParameters


@asn1.sequence
class _Encryption:
    algorithm: ObjectIdentifier
    iv: bytes


@asn1.sequence
class _Pbes2Parameters:
    derivation: _KeyDerivation
    encryption: _Encryption


@asn1.sequence
class _Algorithm:
    algorithm: ObjectIdentifier
    parameters: _Pbes2Parameters


@asn1.sequence
class _EncryptedPrivateKeyInfo:
    algorithm: _Algorithm
    data: bytes


def write_key(
    path: Path, key: EllipticCurvePrivateKey | Ed25519PrivateKey, passphrase: bytes
) -> None:
    """Write a key as encrypted PKCS#8, DER. Raises KeyFileError (``key_file_exists``).

    The library's own encryption derives its key by 2,048 rounds of PBKDF2, too few for a
    passphrase that a person chose; reading is the library's.
    """
    plain = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    salt, iv = secrets.token_bytes(16), secrets.token_bytes(16)
    derived = Scrypt(salt=salt, length=32, n=SCRYPT_N, r=SCRYPT_R, p=SCRYPT_P).derive(passphrase)
    padder = PKCS7(128).padder()
    padded = padder.update(plain) + padder.finalize()
    encryptor = Cipher(algorithms.AES(derived), modes.CBC(iv)).encryptor()
    scrypt = _ScryptParameters(salt=salt, n=SCRYPT_N, r=SCRYPT_R, p=SCRYPT_P)
    parameters = _Pbes2Parameters(
        derivation=_KeyDerivation(algorithm=_SCRYPT, parameters=scrypt),
        encryption=_Encryption(algorithm=_AES_256_CBC, iv=iv),
    )
    info = _EncryptedPrivateKeyInfo(
        algorithm=_Algorithm(algorithm=_PBES2, parameters=parameters),
        data=encryptor.update(padded) + encryptor.finalize(),
    )
    _write_new(path, asn1.encode_der(info))


def read_p256(path: Path, passphrase: bytes) -> EllipticCurvePrivateKey:
    """Read a P-256 signing key; raises KeyFileError."""
    key = _read_key(path, passphrase)
    if not isinstance(key, EllipticCurvePrivateKey) or not isinstance(key.curve, SECP256R1):
        raise KeyFileError("key_kind", "The file holds no P-256 key.", str(path))
    return key


def read_ed25519(path: Path, passphrase: bytes) -> Ed25519PrivateKey:
    """Read an Ed25519 key; raises KeyFileError."""
    key = _read_key(path, passphrase)
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError("key_kind", "The file holds no Ed25519 key.", str(path))
    return key


def write_account(path: Path, account: LocalAccount, passphrase: bytes) -> None:
    """Write an account of the chain as a keystore file; raises KeyFileError."""
    keystore = Account.encrypt(account.key, passphrase.decode())
    _write_new(path, json.dumps(keystore).encode())


def read_account(path: Path, passphrase: bytes) -> LocalAccount:
    """Read an account of the chain; raises KeyFileError."""
    data = _read(path)
    try:
        keystore = json.loads(data)
        key = Account.decrypt(keystore, passphrase.decode())
    except (ValueError, KeyError, TypeError) as error:
        if "MAC mismatch" in str(error):
            raise _wrong_passphrase(path) from error
        raise KeyFileError("key_file_damaged", "This is no keystore file.", str(path)) from error
    account: LocalAccount = Account.from_key(key)
    return account


def _read_key(path: Path, passphrase: bytes) -> PrivateKeyTypes:
    data = _read(path)
    try:
        return load_der_private_key(data, passphrase)
    except ValueError as error:
        if "Incorrect password" in str(error):
            raise _wrong_passphrase(path) from error
        raise KeyFileError("key_file_damaged", "This is no encrypted key.", str(path)) from error
    except (TypeError, UnsupportedAlgorithm) as error:
        raise KeyFileError("key_file_damaged", str(error), str(path)) from error


def _wrong_passphrase(path: Path) -> KeyFileError:
    return KeyFileError("passphrase_wrong", "The passphrase does not open this key.", str(path))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise KeyFileError("key_file_missing", "There is no such key file.", str(path)) from error


def _write_new(path: Path, data: bytes) -> None:
    """Write a file that only its owner reads, whole or not at all."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise KeyFileError("key_file_exists", "There is a key already.", str(path)) from error
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
