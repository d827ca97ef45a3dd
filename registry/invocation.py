"""What every command of an operator begins with: settings, passphrase, keys."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

import typer

from registry import settings
from registry.keyring import Keyring
from registry.settings import Settings
from verifier.errors import ConfigurationError

MAX_PASSPHRASE = 1024


@dataclass
class Invocation:
    """One run of `tem`: settings that were given, and where the passphrase comes from."""

    given: dict[str, Any]
    passphrase_fd: int | None = None

    @cached_property
    def settings(self) -> Settings:
        """The settings, read when a command first needs them."""
        return settings.load(**self.given)

    def keyring(self, *, confirm: bool = False) -> Keyring:
        """The keys of the installation; ``confirm`` asks twice for a passphrase that is typed."""
        return Keyring(self.settings.keys, self._passphrase(confirm))

    def _passphrase(self, confirm: bool) -> bytes:
        if self.passphrase_fd is not None:
            return _first_line(self.passphrase_fd, f"descriptor {self.passphrase_fd}")
        file = self.settings.passphrase_file
        if file is not None:
            return _first_line(file, str(file))
        if not sys.stdin.isatty():
            raise ConfigurationError(
                "passphrase_missing",
                "No terminal to ask for the passphrase: give --passphrase-fd, "
                "or a file as TEM_PASSPHRASE_FILE.",
            )
        typed: str = typer.prompt(
            "Passphrase of the keys", hide_input=True, confirmation_prompt=confirm, err=True
        )
        return typed.encode()


def _first_line(source: Path | int, name: str) -> bytes:
    try:
        with open(source, "rb") as file:
            line = file.read(MAX_PASSPHRASE).partition(b"\n")[0].removesuffix(b"\r")
    except OSError as error:
        raise ConfigurationError("passphrase_missing", f"{error.strerror}.", name) from error
    if not line:
        raise ConfigurationError("passphrase_missing", "The passphrase is empty.", name)
    return line


Data = Annotated[
    Path | None,
    typer.Option(envvar="TEM_DATA", help="Folder of database, keys and chain (default: data)."),
]
PassphraseFd = Annotated[
    int | None,
    typer.Option(metavar="N", help="Read the passphrase of the keys from this file descriptor."),
]


def begin(context: typer.Context, data: Data = None, passphrase_fd: PassphraseFd = None) -> None:
    """Certificates that anyone can check without trusting their keeper.

    Settings are environment variables (TEM_DATA, TEM_HOST, TEM_RPC, TEM_PASSPHRASE_FILE …).
    """
    context.obj = Invocation({} if data is None else {"data": data}, passphrase_fd)
