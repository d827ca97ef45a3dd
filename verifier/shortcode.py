"""Short codes: 128 bits as 26 capitals of Crockford's base32, with a check symbol for typing."""

from __future__ import annotations

from verifier.errors import FormatError

CODE_BYTES = 16
CODE_LENGTH = 26

_SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CHECK_SYMBOLS = _SYMBOLS + "*~$=U"
_VALUES = {symbol: value for value, symbol in enumerate(_SYMBOLS)}
# Read as typed: separators fall out, and letters that look like digits are those digits.
_AS_TYPED = str.maketrans({"-": None, " ": None, "O": "0", "I": "1", "L": "1"})


def encode(data: bytes) -> str:
    """The short code of ``data``: its first 128 bits, two zero bits before them."""
    number = int.from_bytes(data[:CODE_BYTES])
    return "".join(_SYMBOLS[number >> shift & 31] for shift in range(125, -1, -5))


def check_symbol(code: str) -> str:
    """Crockford's check symbol (the number modulo 37), written after a code to be typed."""
    return _CHECK_SYMBOLS[int.from_bytes(decode(code)) % 37]


def decode(typed: str) -> bytes:
    """The 16 bytes of a code as typed, with or without its check symbol.

    Raises FormatError: ``code_length``, ``code_symbol``, ``code_overflow`` or ``code_check`` (most
    likely a typing error).
    """
    text = typed.strip().upper().translate(_AS_TYPED)
    if len(text) not in (CODE_LENGTH, CODE_LENGTH + 1):
        raise FormatError("code_length", "A code has 26 symbols, or 27 with its check.", "code")
    number = 0
    for position, symbol in enumerate(text[:CODE_LENGTH]):
        if symbol not in _VALUES:
            raise FormatError("code_symbol", f"{symbol!a} is in no code.", f"code[{position}]")
        number = number << 5 | _VALUES[symbol]
    if number >> 128:
        raise FormatError("code_overflow", "A code begins with 0 to 7.", "code[0]")
    if len(text) > CODE_LENGTH and _CHECK_SYMBOLS[number % 37] != text[CODE_LENGTH]:
        raise FormatError("code_check", "The check symbol does not fit: mistyped.", "code[26]")
    return number.to_bytes(CODE_BYTES)
