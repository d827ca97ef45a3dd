"""Keys have their places, are made once, and sign the same way every time."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from registry.errors import KeyFileError
from registry.keyring import Keyring, LocalSigner
from verifier import statement
from verifier.statement import Header

DID = "did:web:body.example"


def test_making_keys_again_changes_nothing(tmp_path: Path) -> None:
    Keyring(tmp_path, b"passphrase").make_body(DID)
    kept = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    again = Keyring(tmp_path, b"passphrase")
    again.make_body(DID)
    assert kept == {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert {path.name for path in kept} == {"admin.json", "signing.der", "checkpoint.der"}
    assert again.signer(DID).kid == Keyring(tmp_path, b"passphrase").signer(DID).kid


def test_reading_never_makes_a_key(tmp_path: Path) -> None:
    keyring = Keyring(tmp_path, b"passphrase")
    for read in (keyring.operator, keyring.snapshot, lambda: keyring.admin(DID)):
        with pytest.raises(KeyFileError) as error:
            read()
        assert error.value.code == "key_file_missing"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("did", ["did:web:a_b", "did:web:a:b", "did:web:a%2fb", "did:web:.."])
def test_every_did_has_a_folder_of_its_own(tmp_path: Path, did: str) -> None:
    Keyring(tmp_path, b"passphrase").make_admin(did)
    (folder,) = tmp_path.iterdir()
    assert (folder / "admin.json").is_file()
    assert folder.parent == tmp_path
    assert folder.name == did.replace("%", "%25").replace(":", "%3A")


def test_signatures_hold_and_repeat() -> None:
    signer = LocalSigner(generate_private_key(SECP256R1()))
    header = Header(signer.kid, DID, "V1", 1_790_000_000, None, "urn:tem:cert:x:1", {})
    protected, payload = header.encode(), bytes(32)
    signed = statement.to_be_signed(protected, payload)
    assert signer.sign(signed) == signer.sign(signed)
    made = statement.parse(statement.assemble(protected, payload, signer.sign(signed)))
    point = signer.public.public_numbers()
    statement.verify_signature(made, point.x.to_bytes(32), point.y.to_bytes(32))
