"""The worked example of docs/protocol.md, recomputed from the document alone.

Nothing of the verifier is used: what is written there has to be enough.
"""

from __future__ import annotations

import base64
import json
import re
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils
from cryptography.hazmat.primitives.hashes import SHA256

from scripts import example

DOCUMENT = Path(__file__).resolve().parents[2] / "docs/protocol.md"


@pytest.fixture(scope="module")
def values() -> dict[str, str]:
    text = DOCUMENT.read_text("utf-8").partition(example.BEGIN)[2].partition(example.END)[0]
    return dict(re.findall(r"^([^\n]+):\n```\n(.*?)\n```$", text, re.MULTILINE | re.DOTALL))


def b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def test_the_document_is_up_to_date() -> None:
    text = DOCUMENT.read_text("utf-8")
    assert example.insert(text) == text


def test_names_and_kid(values: dict[str, str]) -> None:
    claims = json.loads(values["claims, as text"])
    org = sha256(claims["iss"].encode()).digest()
    assert values["org"] == org.hex()
    assert values["log"] == sha256(org + sha256(claims["log"].encode()).digest()).hexdigest()
    point = f"a401022001215820{values['x']}225820{values['y']}"
    assert sha256(bytes.fromhex(point)).hexdigest().startswith(values["kid"])


def test_claims_and_disclosures(values: dict[str, str]) -> None:
    claims = json.loads(values["claims, as text"])
    text = json.dumps(claims, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert text == values["claims, as text"]
    hidden = [values["disclosure 1"], values["disclosure 2"]]
    assert claims["_sd"] == [b64url(sha256(item.encode()).digest()) for item in hidden]
    assert values["payload"] == sha256(text.encode()).hexdigest()


def test_signature(values: dict[str, str]) -> None:
    protected, payload = values["protected"], values["payload"]
    head = f"{len(protected) // 2:02x}{protected}"
    signed = f"846a5369676e61747572653158{head}405820{payload}"
    assert values["to be signed"] == signed
    prefix = f"d28458{head}a05820{payload}5840"
    assert values["statement"].startswith(prefix)
    signature = bytes.fromhex(values["statement"][len(prefix) :])
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
    numbers = ec.EllipticCurvePublicNumbers(
        int(values["x"], 16), int(values["y"], 16), ec.SECP256R1()
    )
    numbers.public_key().verify(
        utils.encode_dss_signature(r, s), bytes.fromhex(signed), ec.ECDSA(SHA256())
    )
    changed = bytes.fromhex(signed)[:-1] + b"\x00"
    with pytest.raises(InvalidSignature):
        numbers.public_key().verify(utils.encode_dss_signature(r, s), changed, ec.ECDSA(SHA256()))


def test_log_and_checkpoint(values: dict[str, str]) -> None:
    leaf = sha256(b"\x00" + bytes.fromhex(values["statement"])).digest()
    assert values["leaf"] == leaf.hex()
    sibling = sha256(b"\x00entry 0").digest()
    assert values['path[0] = leaf hash of "entry 0"'] == sibling.hex()
    root = sha256(b"\x01" + sibling + leaf).digest()
    assert values["root"] == root.hex()
    text, _, line = values["checkpoint, as text"].partition("\n\n")
    origin, size, encoded = text.split("\n")
    assert (size, base64.b64decode(encoded)) == ("2", root)
    name, raw = line.removeprefix("— ").split(" ")
    assert name == origin
    key = ed25519.Ed25519PrivateKey.from_private_bytes(b"\x03" * 32).public_key()
    blob = base64.b64decode(raw)
    named = sha256(name.encode() + b"\n\x01" + key.public_bytes_raw()).digest()
    assert blob[:4] == named[:4]
    key.verify(blob[4:], f"{text}\n".encode())


def test_short_code_and_file(values: dict[str, str]) -> None:
    symbols = "0123456789ABCDEFGHJKMNPQRSTVWXYZ*~$=U"
    number = int(values["leaf"][:32], 16)
    code = "".join(symbols[number >> 5 * n & 31] for n in range(25, -1, -1))
    assert values["short code with check symbol"] == code + symbols[number % 37]
    file = json.loads(values["proof file, as text"])
    assert file["claims"] == b64url(values["claims, as text"].encode())
    assert file["statement"] == b64url(bytes.fromhex(values["statement"]))
    assert file["checkpoint"].rstrip("\n") == values["checkpoint, as text"]
