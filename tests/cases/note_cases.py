"""Signed notes, and the keys that verify them."""

from __future__ import annotations

from base64 import b64decode, b64encode
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.cases import Case, invalid, valid
from tests.world import OTHER_LOG_KEY, ed25519_key

# The example of the Go package golang.org/x/mod/sumdb/note.
_PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
_PETERS_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZ"
    "b6KE6RyyBwJnAM=\n"
)
_NAME = "snapshots.example"
_KEY = ed25519_key("note key")
_SAME_NAME = ed25519_key("another key of the same name")


def _hash(name: str, public: bytes) -> bytes:
    return sha256(name.encode() + b"\n\x01" + public).digest()[:4]


def _b64(data: bytes) -> str:
    return b64encode(data).decode()


def line(text: str, name: str = _NAME, key: Ed25519PrivateKey = _KEY, dash: str = "—") -> str:
    """A signature line, made here and not by the code under test."""
    public = key.public_key().public_bytes_raw()
    return f"{dash} {name} {_b64(_hash(name, public) + key.sign(text.encode()))}\n"


def _key_text(raw: bytes | None = None, kind: int = 1) -> str:
    """The own key as configured, or with another key's bytes and kind."""
    public = _KEY.public_key().public_bytes_raw()
    encoded = _b64(bytes([kind]) + (public if raw is None else raw))
    return f"{_NAME}+{_hash(_NAME, public).hex()}+{encoded}"


_TEXT = "tem-example/1\n{}\n"
_NOTE = f"{_TEXT}\n{line(_TEXT)}"
_SIGNED = line(_TEXT)


def note_cases() -> list[Case]:
    """``note``, and ``key`` as configured."""
    paragraphs, vietnamese = "One.\n\nTwo.\n", "Tem kiểm định\n"
    good = (
        ("published example", "the example of Go's note package", _PETERS_NOTE, _PETER, 1),
        ("one signature", "the usual case", _NOTE, _key_text(), 1),
        ("other signatures beside", "signatures by other keys are ignored",
         f"{_TEXT}\n{line(_TEXT, 'witness.example', OTHER_LOG_KEY)}{_SIGNED}", _key_text(), 2),
        ("same name, other key beside", "name and hash choose the key",
         f"{_TEXT}\n{line(_TEXT, _NAME, _SAME_NAME)}{_SIGNED}", _key_text(), 2),
        ("empty line in the text", "the last empty line separates",
         f"{paragraphs}\n{line(paragraphs)}", _key_text(), 1),
        ("text in Vietnamese", "UTF-8 throughout", f"{vietnamese}\n{line(vietnamese)}",
         _key_text(), 1),
        ("16 signatures", "the most that is allowed", f"{_TEXT}\n{_SIGNED * 16}", _key_text(), 16),
        ("signature twice", "both are right", f"{_TEXT}\n{_SIGNED * 2}", _key_text(), 2),
        ("unknown kind of signature beside", "as long as a line of it is well-formed",
         f"{_TEXT}\n— cosigner.example {_b64(b'hash' + bytes(72))}\n{_SIGNED}", _key_text(), 2),
    )  # fmt: skip
    return [
        *(valid(name, why, note=text, key=key, signatures=count)
          for name, why, text, key, count in good),
        *(invalid(name, why, code, note=text, key=_key_text())
          for name, why, code, text in (*_shapes(), *_lines(), *_wrong_signatures())),
    ]  # fmt: skip


def _shapes() -> list[tuple[str, str, str, str]]:
    return [
        ("empty", "nothing there", "note_shape", ""),
        ("text alone", "no signature", "note_shape", _TEXT),
        ("no empty line", "text and signatures are separated", "note_shape", _TEXT + _SIGNED),
        ("nothing after the empty line", "no signature", "note_shape", _TEXT + "\n"),
        ("no newline at the end", "the last line is cut off", "note_shape", _NOTE[:-1]),
        ("empty line at the end", "nothing follows the signatures", "note_shape", _NOTE + "\n"),
        ("CR LF", "then no line is empty", "note_shape", _NOTE.replace("\n", "\r\n")),
        ("CR", "no control characters", "note_control", _NOTE.replace("{}", "{}\r")),
        ("tab", "no control characters", "note_control", _NOTE.replace("{}", "{\t}")),
        ("NUL", "no control characters", "note_control", _NOTE.replace("{}", "{\x00}")),
        ("escape", "no control characters", "note_control", _NOTE.replace("{}", "\x1b[2J")),
    ]


def _lines() -> list[tuple[str, str, str, str]]:
    made = _b64(_hash(_NAME, _KEY.public_key().public_bytes_raw()) + bytes(64))

    def with_line(text: str) -> str:
        return f"{_TEXT}\n{text}\n"

    bad = "note_signature_line"
    return [
        ("hyphen", "the dash is U+2014", bad, f"{_TEXT}\n{line(_TEXT, dash='-')}"),
        ("en dash", "the dash is U+2014", bad, f"{_TEXT}\n{line(_TEXT, dash='–')}"),
        ("no dash", "the dash is U+2014", bad, with_line(f"{_NAME} {made}")),
        ("no name", "a name and a signature", bad, with_line(f"— {made}")),
        ("no signature", "a name and a signature", bad, with_line(f"— {_NAME}")),
        ("two spaces", "one between them", bad, with_line(f"— {_NAME}  {made}")),
        ("space at the end", "nothing follows", bad, with_line(f"— {_NAME} {made} ")),
        ("space before the dash", "nothing precedes", bad, with_line(f" — {_NAME} {made}")),
        ("plus in the name", "names have none", bad, with_line(f"— a+b {made}")),
        ("no-break space in the name", "names have no white space", bad,
         with_line(f"— a\u00a0b {made}")),
        ("name of 101 characters", "at most 100", bad, with_line(f"— {'n' * 101} {made}")),
        ("other alphabet", "base64, not base64url", bad, with_line(f"— {_NAME} __{made[2:]}")),
        ("not padded", "base64 is padded", "base64_invalid",
         with_line(f"— {_NAME} {made.rstrip('=')}")),
        ("stray bits", "a second spelling", "base64_not_canonical",
         with_line(f"— {_NAME} {_b64(bytes(7))[:-3]}B==")),
        ("4 bytes", "a hash alone is no signature", "note_signature_short",
         with_line(f"— {_NAME} {_b64(bytes(4))}")),
        ("17 signatures", "at most 16", "note_signatures", f"{_TEXT}\n{_SIGNED * 17}"),
        ("text after the signatures", "every line is a signature", bad, _NOTE + "more\n"),
    ]  # fmt: skip


def _wrong_signatures() -> list[tuple[str, str, str, str]]:
    public = _KEY.public_key().public_bytes_raw()
    mine = _hash(_NAME, public)
    other = _SAME_NAME.sign(_TEXT.encode())
    wrong = "note_signature_invalid"
    unsigned = "note_not_signed"

    def with_raw(raw: bytes) -> str:
        return f"{_TEXT}\n— {_NAME} {_b64(mine + raw)}\n"

    return [
        ("another name", "the name belongs to the key", unsigned,
         f"{_TEXT}\n{line(_TEXT, 'other.example')}"),
        ("another key", "the hash belongs to the key", unsigned,
         f"{_TEXT}\n{line(_TEXT, _NAME, _SAME_NAME)}"),
        ("another key under this hash", "the signature is not this key's", wrong, with_raw(other)),
        ("text changed", "the text is signed", wrong, _NOTE.replace("{}", "[]")),
        ("newline added to the text", "the text is signed", wrong, "\n" + _NOTE),
        ("signature line moved into the text", "an empty line between signatures makes the first "
         "one text", wrong, f"{_TEXT}\n{_SIGNED}\n{_SIGNED}"),
        ("signature of 63 bytes", "64 bytes", wrong, with_raw(_KEY.sign(_TEXT.encode())[:63])),
        ("signature of 65 bytes", "64 bytes", wrong, with_raw(_KEY.sign(_TEXT.encode()) + b"\x00")),
        ("signature zero", "not a signature", wrong, with_raw(bytes(64))),
        ("a right and a wrong one", "every line of this key has to be right", wrong,
         f"{_TEXT}\n{_SIGNED}— {_NAME} {_b64(mine + bytes(64))}\n"),
        ("text without its last newline", "the newline is signed", wrong,
         with_raw(_KEY.sign(_TEXT[:-1].encode()))),
    ]  # fmt: skip


def key_cases() -> list[Case]:
    """``key`` as configured: its name, its hash, its 32 bytes."""
    own, public = _key_text(), _KEY.public_key().public_bytes_raw()
    hashed = _hash(_NAME, public).hex()
    bad = (
        ("empty", "nothing there", "note_key_invalid", ""),
        ("name alone", "three parts", "note_key_invalid", _NAME),
        ("no hash", "three parts", "base64_invalid", own.replace(f"+{hashed}+", "+")),
        ("no name", "three parts", "note_key_invalid", own.removeprefix(_NAME)),
        ("space in the name", "names have no white space", "note_key_invalid", "a " + own),
        ("another hash", "the hash belongs to name and key", "note_key_hash",
         own.replace(hashed, "00000000")),
        ("hash in capitals", "lower-case hex", "note_key_hash",
         own.replace(hashed, hashed.upper())),
        ("another name", "the hash belongs to name and key", "note_key_hash", "x" + own),
        ("not padded", "base64 is padded", "base64_invalid",
         f"{_NAME}+{hashed}+{_b64(b'xx')[:-1]}"),
        ("key of 31 bytes", "32 bytes", "note_key_invalid", _key_text(public[:31])),
        ("key of 33 bytes", "32 bytes", "note_key_invalid", _key_text(public + bytes(1))),
        ("ECDSA key", "Ed25519 is kind 1", "note_key_invalid", _key_text(kind=2)),
        ("key without its kind", "Ed25519 is kind 1", "note_key_invalid",
         f"{_NAME}+{hashed}+{_b64(public)}"),
    )  # fmt: skip
    peter = b64decode(_PETER.split("+", 2)[2])[1:]
    return [
        valid("published example", "the example of Go's note package", key=_PETER,
              name_of_key="PeterNeumann", hash="c74f20a3", public=peter.hex()),
        valid("own", "name, hash and key", key=own, name_of_key=_NAME, hash=hashed,
              public=public.hex()),
        *(invalid(name, why, code, key=text) for name, why, code, text in bad),
    ]  # fmt: skip
