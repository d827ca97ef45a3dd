"""Changes inside the parts of a proof file: claims, disclosures, path, checkpoint, statement."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from hashlib import sha256
from random import Random

import cbor2

from tests import reference_tree
from tests.cases.note_cases import line
from tests.mutation.subjects import Subject
from tests.mutation.tools import VALUES, Edit, b64u, dump, scrambled, unb64u
from tests.world import KEY, OTHER_LOG_KEY, STRANGER, signed_raw
from verifier.encoding import cbor_encode

_N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

# ---------------------------------------------------------------------------------------- parts


def inside(random: Random, subject: Subject) -> bytes:
    """Bytes inside claims, statement or a disclosure, encoded again."""
    file = subject.file()
    name = random.choice(("claims", "statement", "statement", "disclosures"))
    if name == "disclosures":
        at = random.randrange(len(file[name]))
        file[name][at] = b64u(scrambled(random, unb64u(file[name][at])))
    else:
        file[name] = b64u(scrambled(random, unb64u(file[name])))
    return dump(file)


def claims_edit(random: Random, subject: Subject) -> bytes:
    """Claims that say something else, in canonical JSON; the statement stays."""
    file = subject.file()
    file["claims"] = b64u(_other_claims(random, unb64u(file["claims"])))
    return dump(file)


def _other_claims(random: Random, data: bytes) -> bytes:
    members = json.loads(data)
    name = random.choice(list(members))
    if random.random() < 0.2:
        del members[name]
    elif isinstance(members[name], int):
        members[name] += random.choice((1, -1, 86400))
    elif isinstance(members[name], str) and members[name] and random.random() < 0.7:
        at = random.randrange(len(members[name]))
        members[name] = members[name][:at] + random.choice("x7é") + members[name][at + 1 :]
    else:
        members[name] = random.choice(VALUES[:-4])
    text = json.dumps(members, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


def disclosures_edit(random: Random, subject: Subject) -> bytes:
    """Disclosures left out, moved, repeated, foreign, or with another value or salt."""
    file = subject.file()
    shown = file["disclosures"]
    how = random.randrange(5)
    if how == 0:
        shown[:] = random.sample(shown, random.randrange(len(shown) + 1))
    elif how == 1:
        shown.insert(random.randrange(len(shown) + 1), random.choice(shown))
    elif how == 2:
        shown.append(random.choice(json.loads(random.choice(subject.donors))["disclosures"]))
    else:
        salt, name, value = json.loads(unb64u(shown[0]))
        new = [salt, name, f"{value}x"] if how == 3 else [b64u(random.randbytes(16)), name, value]
        text = json.dumps(new, ensure_ascii=False, separators=(",", ":"))
        shown[random.randrange(len(shown))] = b64u(text.encode())
    return dump(file)


def path_edit(random: Random, subject: Subject) -> bytes:
    file = subject.file()
    path = file["log"]["path"]
    how = random.randrange(6)
    at = random.randrange(len(path))
    if how == 0:
        del path[at]
    elif how == 1:
        path.insert(at, random.choice((path[at], b64encode(random.randbytes(32)).decode())))
    elif how == 2:
        random.shuffle(path)
    elif how == 3:
        path[at] = b64encode(scrambled(random, b64decode(path[at]))).decode()
    elif how == 4:
        raw = bytearray(b64decode(path[at]))
        raw[random.randrange(32)] ^= 1 << random.randrange(8)
        path[at] = b64encode(raw).decode()
    else:
        file["log"]["path"] = json.loads(random.choice(subject.donors))["log"]["path"]
    return dump(file)


def checkpoint_edit(random: Random, subject: Subject) -> bytes:
    """The checkpoint missing, changed, of another size or root, or signed by another key."""
    file = subject.file()
    note = file["checkpoint"]
    how = random.randrange(5)
    if how == 0:
        file["checkpoint"] = None
    elif how == 1:
        file["checkpoint"] = scrambled(random, note.encode()).decode("utf-8", "replace")
    elif how == 2:
        file["checkpoint"] = json.loads(random.choice(subject.donors))["checkpoint"]
    elif how == 3:
        body = note.split("\n\n")[0] + "\n"
        size = str(file["log"]["size"])
        body = body.replace(f"\n{size}\n", f"\n{random.randrange(12)}\n")
        file["checkpoint"] = f"{body}\n{line(body, body.split(chr(10))[0], OTHER_LOG_KEY)}"
    else:
        file["checkpoint"] = note + note.split("\n\n")[1]
    return dump(file)


def swapped(random: Random, subject: Subject) -> bytes:
    """Parts of two good files."""
    file, other = subject.file(), json.loads(random.choice(subject.donors))
    names = ("claims", "disclosures", "statement", "log", "checkpoint", "chain")
    for name in random.sample(names, random.randrange(1, len(names))):
        file[name] = other[name]
    return dump(file)


# ------------------------------------------------------------------------------------ signatures


def signature(random: Random, subject: Subject) -> bytes:
    """r and s moved: high, zero, exchanged, one bit."""
    file = subject.file()
    raw = bytearray(unb64u(file["statement"]))
    r, s = int.from_bytes(raw[-64:-32]), int.from_bytes(raw[-32:])
    bit = 1 << random.randrange(256)
    pairs = ((r, _N - s), (0, s), (r, 0), (s, r), (_N - r, s), (r ^ bit, s), (r, s ^ bit), (_N, s),
             (r, s // 2), (r, 1))  # fmt: skip
    r, s = random.choice(pairs)
    raw[-64:] = r.to_bytes(32) + s.to_bytes(32)
    file["statement"] = b64u(bytes(raw))
    return dump(file)


def header(random: Random, subject: Subject) -> bytes:
    """A header that says something else, in deterministic CBOR or not, over the old signature."""
    file = subject.file()
    parts = cbor2.loads(unb64u(file["statement"])).value
    labels = cbor2.loads(parts[0])
    inner = labels if random.random() < 0.5 else labels[15]
    label = random.choice(list(inner))
    if random.random() < 0.3:
        del inner[label]
    else:
        inner[label] = random.choice((0, -8, -35, "x", b"x" * 8, inner[label], {}, [], 2**40))
    if random.random() < 0.2:
        inner[random.choice((2, 3, 33, -70000, "x"))] = 0
    encode = cbor_encode if random.random() < 0.8 else cbor2.dumps
    protected = encode(labels)
    file["statement"] = b64u(b"\xd2" + cbor_encode([protected, {}, *parts[2:]]))
    return dump(file)


def forged(random: Random, subject: Subject) -> bytes:
    """Other claims, well signed by a stranger, in a log and under a checkpoint of his own."""
    file = subject.file()
    claims = unb64u(file["claims"])
    claims = _other_claims(random, claims) if random.random() < 0.7 else claims
    parts = cbor2.loads(unb64u(file["statement"])).value
    labels = cbor2.loads(parts[0])
    labels[4] = random.choice((KEY.kid, STRANGER.kid))
    statement = signed_raw(cbor_encode(labels), sha256(claims).digest(), STRANGER)
    leaves = [reference_tree.leaf(random.randbytes(4)) for _ in range(random.randrange(7))]
    index = random.randrange(len(leaves) + 1)
    leaves.insert(index, reference_tree.leaf(statement))
    root = b64encode(reference_tree.root(leaves)).decode()
    origin = file["log"]["origin"]
    body = f"{origin}\n{len(leaves)}\n{root}\n"
    file |= {"claims": b64u(claims), "statement": b64u(statement)}
    if random.random() < 0.7:
        path = [b64encode(item).decode() for item in reference_tree.path(index, leaves)]
        file["log"] = {"origin": origin, "index": index, "size": len(leaves), "path": path}
        file["checkpoint"] = f"{body}\n{line(body, origin, OTHER_LOG_KEY)}"
    file["chain"] = {"id": "eip155:666", "anchor": "0x" + "66" * 20}
    return dump(file)


PART_EDITS: tuple[Edit, ...] = (
    inside, claims_edit, disclosures_edit, path_edit, checkpoint_edit, swapped, signature, header,
    forged,
)  # fmt: skip
