"""The keys of one installation: a folder of encrypted files and the passphrase that opens them.

::

    keys/operator.json              account that anchors all logs of this registry
    keys/snapshot.der               Ed25519 key that signs snapshots of the chain
    keys/<did, percent-encoded>/
        admin.json                  account that speaks for the organisation on the chain
        signing.der                 P-256 key that signs its records
        checkpoint.der              Ed25519 key that signs its log's checkpoints
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar
from urllib.parse import quote

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from eth_account import Account
from eth_account.signers.local import LocalAccount

from registry import keyfiles
from verifier.statement import key_thumbprint

_T = TypeVar("_T")


class Signer(Protocol):
    """Signs an organisation's statements, wherever its key is held."""

    @property
    def kid(self) -> bytes:
        """The key's identifier in statements (8 bytes)."""

    @property
    def public(self) -> EllipticCurvePublicKey:
        """The key as it is registered on the chain."""

    def sign(self, data: bytes) -> bytes:
        """ES256 over ``data``: raw r ‖ s (64 bytes)."""


class LocalSigner:
    """A P-256 key in memory. Signatures are deterministic (RFC 6979): same record, same bytes."""

    def __init__(self, key: EllipticCurvePrivateKey) -> None:
        self._key = key
        self.public = key.public_key()
        point = self.public.public_numbers()
        self.kid = key_thumbprint(point.x.to_bytes(32), point.y.to_bytes(32))[:8]

    def sign(self, data: bytes) -> bytes:
        signature = self._key.sign(data, ECDSA(SHA256(), deterministic_signing=True))
        r, s = decode_dss_signature(signature)
        return r.to_bytes(32) + s.to_bytes(32)


class Keyring:
    """The keys below ``folder``, each read once and kept. Every method raises KeyFileError.

    Only ``make_…`` writes, and only what is not there yet: founding may be interrupted.
    """

    def __init__(self, folder: Path, passphrase: bytes) -> None:
        self._folder, self._passphrase = folder, passphrase
        self._kept: dict[Path, Any] = {}

    def operator(self) -> LocalAccount:
        """The account that anchors."""
        return self._read(self._operator, keyfiles.read_account)

    def snapshot(self) -> Ed25519PrivateKey:
        """The key that signs snapshots."""
        return self._read(self._snapshot, keyfiles.read_ed25519)

    def admin(self, did: str) -> LocalAccount:
        """The account of an organisation's administrator."""
        return self._read(self._of(did, "admin.json"), keyfiles.read_account)

    def signer(self, did: str) -> Signer:
        """What signs an organisation's records."""
        return LocalSigner(self._read(self._of(did, "signing.der"), keyfiles.read_p256))

    def checkpoint(self, did: str) -> Ed25519PrivateKey:
        """The key that signs the checkpoints of an organisation's log."""
        return self._read(self._of(did, "checkpoint.der"), keyfiles.read_ed25519)

    def make_installation(self) -> None:
        """The registry's own keys: those of the operator and of snapshots."""
        self._make(self._operator, Account.create, keyfiles.write_account)
        self._make(self._snapshot, Ed25519PrivateKey.generate, keyfiles.write_key)

    def make_admin(self, did: str) -> None:
        """An organisation's account."""
        self._make(self._of(did, "admin.json"), Account.create, keyfiles.write_account)

    def make_body(self, did: str) -> None:
        """All keys of a body: account, records, checkpoints."""
        self.make_admin(did)
        signing, checkpoint = self._of(did, "signing.der"), self._of(did, "checkpoint.der")
        self._make(signing, lambda: generate_private_key(SECP256R1()), keyfiles.write_key)
        self._make(checkpoint, Ed25519PrivateKey.generate, keyfiles.write_key)

    @property
    def _operator(self) -> Path:
        return self._folder / "operator.json"

    @property
    def _snapshot(self) -> Path:
        return self._folder / "snapshot.der"

    def _of(self, did: str, name: str) -> Path:
        return self._folder / quote(did, safe="") / name

    def _read(self, path: Path, read: Callable[[Path, bytes], _T]) -> _T:
        if path not in self._kept:
            self._kept[path] = read(path, self._passphrase)
        kept: _T = self._kept[path]
        return kept

    def _make(
        self, path: Path, generate: Callable[[], _T], write: Callable[[Path, _T, bytes], None]
    ) -> None:
        if not path.exists():
            key = generate()
            write(path, key, self._passphrase)
            self._kept[path] = key
