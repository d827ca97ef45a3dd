"""The errors of the log and of its transactions, below the tree of ``verifier.errors``.

::

    TemError
    ├── LogError                  the log refuses, and nothing has changed
    ├── StorageError              the database does not do its part
    ├── ClockError                this machine's clock cannot be right
    ├── ContractRefused           a contract refuses: a decision, never a fault of the network
    ├── TransactionError          a transaction cannot be made or finished without an operator
    └── ChainUnavailable          (verifier) not known: the chain was not reached, or did not answer
        ├── SendUnknown           whether the transaction arrived is not known; it is sent again
        └── NodeFault             a node answered, but not with what was asked for
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from verifier.errors import ChainUnavailable, TemError


class LogError(TemError):
    """A log refuses what was asked of it; nothing has changed."""


class StorageError(TemError):
    """The database did not do what it was asked for.

    ``database_unavailable``: nothing has changed. ``outcome_unknown``: it failed while committing,
    so that only looking it up tells what has.
    """


class ClockError(TemError):
    """The clock of this machine and the time of the chain are too far apart to issue by."""


class TransactionError(TemError):
    """A transaction that cannot go on as it is; an operator has to look at it."""


class SendUnknown(ChainUnavailable):
    """A transaction is stored but not known to be on chain; the next round sends the same bytes."""


class NodeFault(ChainUnavailable):
    """A node was reached and answered with an error that says nothing about the contract."""


class ContractRefused(TemError):  # noqa: N818 - a decision, not a mistake
    """A contract refused a call with a custom error.

    ``error`` is the error's name in Solidity (such as ``NotAnchorOperator``), ``values`` its
    arguments by name with bytes as 0x-hex, ``code`` the name in snake_case.
    """

    def __init__(self, error: str, values: Mapping[str, Any], place: str = "") -> None:
        said = ", ".join(f"{name} {value}" for name, value in values.items())
        super().__init__(snake_case(error), f"The contract refuses: {error}({said}).", place)
        self.error = error
        self.values = dict(values)


Refusal = ContractRefused | TransactionError
"""Why an act was refused for good: by a contract, or because it can never come true."""


def snake_case(name: str) -> str:
    """A Solidity name as Python writes it: ``newRoot`` → ``new_root``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
