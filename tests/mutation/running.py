"""Mutations by number: made, verified, and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from random import Random

from tests.mutation.edits import EDITS
from tests.mutation.subjects import Subject, subjects


@cache
def _subjects() -> tuple[Subject, ...]:
    return tuple(subjects())


@dataclass(frozen=True)
class Mutation:
    """One changed file, and which edit of which subject it is."""

    number: int
    edit: str
    subject: Subject
    data: bytes


@dataclass
class Tally:
    """What came of many mutations.

    ``refused`` by (edit, verdict, code); ``same`` by edit: files that still say what a good file
    says, and are rightly taken; ``accepted`` and ``crashed`` are faults, by number.
    """

    count: int = 0
    refused: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    same: Counter[str] = field(default_factory=Counter)
    accepted: list[int] = field(default_factory=list)
    crashed: list[tuple[int, str]] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        self.count += other.count
        self.refused.update(other.refused)
        self.same.update(other.same)
        self.accepted += other.accepted
        self.crashed += other.crashed

    @property
    def good(self) -> bool:
        return not self.accepted and not self.crashed


def mutation(seed: int, number: int) -> Mutation:
    """Mutation ``number`` of ``seed``: the same bytes each time."""
    random = Random(f"{seed}:{number}")
    subject = random.choice(_subjects())
    edit = random.choice(EDITS)
    return Mutation(number, edit.__name__, subject, edit(random, subject))


def run(seed: int, numbers: Iterable[int]) -> Tally:
    """Make and judge the mutations with these numbers."""
    tally = Tally()
    for number in numbers:
        _judge(mutation(seed, number), tally)
    return tally


def _judge(made: Mutation, tally: Tally) -> None:
    tally.count += 1
    try:
        report = made.subject.report(made.data)
        code = report.deciding.code
    except Exception as error:  # a crash is what is looked for, whatever it is
        tally.crashed.append((made.number, repr(error)))
        return
    if not made.subject.accepts(report):
        tally.refused[made.edit, report.verdict.value, code] += 1
    elif made.subject.is_good(made.data):
        tally.same[made.edit] += 1
    else:
        tally.accepted.append(made.number)
