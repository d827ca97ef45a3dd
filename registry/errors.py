"""The errors of the registry, below the tree of ``verifier.errors``.

::

    TemError
    ├── RequestError              what was sent breaks a rule; ``place`` is a JSON pointer into it
    ├── Unauthenticated           who is asking is not known
    ├── NotFound                  there is nothing of that name
    ├── Several                   there is more than one thing of that name
    ├── Conflict                  it contradicts what is already recorded
    ├── KeyFileError              a key file cannot be used
    └── BackupError               a backup cannot be made, or not be put back as it is

What each means over HTTP stands in one place, ``registry.problems``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from verifier.errors import TemError


class RequestError(TemError):
    """The request breaks a rule; nothing has changed.

    ``faults`` are all of them, this one first, where several were found at once.
    """

    def __init__(
        self, code: str, message: str, place: str = "", faults: Sequence[RequestError] = ()
    ) -> None:
        super().__init__(code, message, place)
        self.faults = tuple(faults) or (self,)

    @classmethod
    def of(cls, faults: Sequence[RequestError]) -> RequestError:
        """One error that stands for all ``faults`` (at least one)."""
        first = faults[0]
        return cls(first.code, first.message, first.place, faults)

    @classmethod
    def of_shape(cls, errors: Sequence[Mapping[str, Any]]) -> RequestError:
        """The faults that pydantic found in a request's shape."""
        return cls.of([cls(f"request_{e['type']}", e["msg"], _pointer(e["loc"])) for e in errors])


class Unauthenticated(TemError):  # noqa: N818 - a state, not a mistake of the program
    """No credentials, or credentials that nobody was given."""


class NotFound(TemError):  # noqa: N818 - an outcome of a look-up
    """There is nothing of that name here: perhaps a typing error, or another registry's."""


class Several(TemError):  # noqa: N818 - an outcome of a look-up
    """More than one record has this short code; ``leaves`` are their whole leaf hashes (hex)."""

    def __init__(self, code: str, message: str, place: str, leaves: Sequence[str]) -> None:
        super().__init__(code, message, place)
        self.leaves = tuple(leaves)


class Conflict(TemError):  # noqa: N818 - a state of the registry
    """The request contradicts what is already recorded; nothing has changed."""


class KeyFileError(TemError):
    """A key file is missing, damaged, of another kind, or not opened by this passphrase."""


class BackupError(TemError):
    """A backup cannot be made here, or is not what it should be; nothing has changed."""


def _pointer(location: Sequence[str | int]) -> str:
    """Where in the request: a JSON pointer into its body, else the parameter's name."""
    if location and location[0] in ("path", "query", "header"):
        return ".".join(str(part) for part in location[1:])
    parts = location[1:] if location and location[0] == "body" else location
    return "".join(f"/{pointer_part(part)}" for part in parts)


def pointer_part(name: str | int) -> str:
    """One part of a JSON pointer (RFC 6901), of a name that may be anything."""
    return str(name)[:64].replace("~", "~0").replace("/", "~1")
