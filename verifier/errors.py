"""The errors of Tem: one tree, each with a stable code and the place it points at.

::

    TemError                      everything that Tem raises on purpose
    ├── ProofError                this evidence does not hold
    │   ├── FormatError           not decodable, not canonical, over a limit
    │   └── ContentError          decodable, but its parts contradict each other
    ├── UnsupportedError          a version, algorithm or type that this verifier does not know
    ├── ChainUnavailable          the chain could not be read, or contradicts itself
    └── ConfigurationError        what the operator configured cannot work

A code never changes its meaning once released; the message may be reworded.
"""

from __future__ import annotations


class TemError(Exception):
    """Base of all errors of Tem.

    ``code`` is stable and machine-readable (snake_case), ``message`` one English sentence,
    ``place`` where in the input the rule was broken (such as ``claims.issued``), or empty.
    """

    def __init__(self, code: str, message: str, place: str = "") -> None:
        super().__init__(code, message, place)
        self.code = code
        self.message = message
        self.place = place

    def __str__(self) -> str:
        where = f" at {self.place}" if self.place else ""
        return f"{self.code}{where}: {self.message}"


def printable(name: str) -> str:
    """A name that a file gave, as a message may repeat it: short, and nothing a terminal obeys."""
    return ascii(name[:64])[1:-1]


class ProofError(TemError):
    """The evidence does not hold: a path, a root, a signature or a file is not what it claims."""


class FormatError(ProofError):
    """Bytes that are not decodable, not in their one canonical form, or over a limit."""


class ContentError(ProofError):
    """Well-formed parts that contradict each other or break a rule of the record."""


class UnsupportedError(TemError):
    """Something newer or other than this verifier knows: never a reason to call it false."""


class ChainUnavailable(TemError):  # noqa: N818 - a state of the world, not a mistake
    """The chain could not be asked, or its answers cannot be trusted: the answer is unknown."""


class ConfigurationError(TemError):
    """The operator's settings cannot work; nothing was checked."""
