"""Ways to change a proof file. Each takes the random source and gives the bytes of another file."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from tests.mutation.part_edits import PART_EDITS
from tests.mutation.subjects import Subject
from tests.mutation.tools import VALUES, Edit, dump, scrambled

# ---------------------------------------------------------------------------------------- bytes


def any_bytes(random: Random, subject: Subject) -> bytes:
    return scrambled(random, subject.data)


def cut_off(random: Random, subject: Subject) -> bytes:
    return subject.data[: random.randrange(len(subject.data))]


def spliced(random: Random, subject: Subject) -> bytes:
    """The beginning of one file and the end of another."""
    other = random.choice(subject.donors)
    at = random.randrange(len(subject.data))
    return subject.data[:at] + other[random.randrange(len(other)) :]


def symbol(random: Random, subject: Subject) -> bytes:
    """One character of the text by another of the same kind, so that it stays JSON."""
    made = bytearray(subject.data)
    at = random.choice([i for i, byte in enumerate(made) if chr(byte).isalnum()])
    alphabet = b"0123456789" if chr(made[at]).isdigit() else b"ABCXYZabcxyz"
    made[at] = random.choice(alphabet)
    return bytes(made)


# ----------------------------------------------------------------------------------------- JSON


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) below ``value``."""
    found: list[tuple[Any, Any]] = []
    pending = [value]
    while pending:
        inner = pending.pop()
        keys = list(inner) if isinstance(inner, dict) else list(range(len(inner)))
        for key in keys:
            found.append((inner, key))
            if isinstance(inner[key], (dict, list)):
                pending.append(inner[key])
    return found


def json_edit(random: Random, subject: Subject) -> bytes:
    """A member or item removed, replaced, repeated, renamed, moved or exchanged."""
    file = subject.file()
    where, key = random.choice(_places(file))
    how = random.randrange(5)
    if how == 0:
        del where[key]
    elif how == 1:
        where[key] = random.choice(VALUES)
    elif how == 2:
        other, place = random.choice(_places(file))
        where[key], other[place] = other[place], where[key]
    elif how == 3 and isinstance(where, dict):
        where[random.choice(("x", "Claims", "claims ", "tem2"))] = where.pop(key)
    elif isinstance(where, list):
        where.insert(random.randrange(len(where) + 1), where[key])
    else:
        where[random.choice(("x", "root", "verdict"))] = random.choice(VALUES)
    return _tree(file)


def _tree(file: Any) -> bytes:
    """Exchanged members can make a value hold itself; such a file is none."""
    try:
        return dump(file)
    except (ValueError, RecursionError):
        return b""


def repeated_name(random: Random, subject: Subject) -> bytes:
    text = subject.data.decode()
    name = random.choice(("claims", "statement", "index", "size", "origin", "tem", "checkpoint"))
    value = random.choice(VALUES[:-4])
    return text.replace(f'"{name}":', f'"{name}":{json.dumps(value)},"{name}":', 1).encode()


def spelling(random: Random, subject: Subject) -> bytes:
    """Other white space, another order, needless escapes: the same file."""
    file = dict(sorted(subject.file().items(), key=lambda _: random.random()))
    text = json.dumps(file, indent=random.choice((None, 0, 1, 4)), ensure_ascii=False)
    return text.replace("e", "\\u0065").encode() if random.random() < 0.3 else text.encode()


def numbers(random: Random, subject: Subject) -> bytes:
    file = subject.file()
    name = random.choice(("index", "size"))
    number = file["log"][name]
    file["log"][name] = random.choice(
        (number + 1, number - 1, number * 2, number ^ 1 << random.randrange(40), 0, 1, 2,
         number + 2**40, float(number), str(number), random.randrange(12))
    )  # fmt: skip
    if random.random() < 0.3:
        file["checkpoint"] = None
    return dump(file)


EDITS: tuple[Edit, ...] = (
    any_bytes, cut_off, spliced, symbol, json_edit, repeated_name, spelling, numbers, *PART_EDITS,
)  # fmt: skip
