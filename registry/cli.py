"""The command `tem`: the verifier's command, and those of a registry's operator."""

from __future__ import annotations

import signal
from typing import Any

import typer
from sqlalchemy.exc import DBAPIError
from typer.core import TyperGroup

from registry import commands
from registry.anchoring.commands import anchor
from registry.backup.commands import backup, recall, restore
from registry.database import refusal
from registry.errors import KeyFileError, RequestError
from registry.invocation import begin
from registry.organisations.commands import apikey, found
from verifier import audit_cli
from verifier import cli as verifier_cli
from verifier.cli import WRONG_USE
from verifier.errors import ConfigurationError, TemError

REFUSED = 1


class _Commands(TyperGroup):
    """Commands whose errors are one line each, and that stop what they started."""

    def invoke(self, ctx: Any) -> Any:
        before = signal.signal(signal.SIGTERM, _unwind)
        try:
            return super().invoke(ctx)
        except RequestError as error:
            for fault in error.faults[:-1]:
                verifier_cli.say(fault)
            verifier_cli.fail(error.faults[-1], REFUSED)
        except (ConfigurationError, KeyFileError) as error:
            verifier_cli.fail(error, WRONG_USE)
        except TemError as error:
            verifier_cli.fail(error, REFUSED)
        except DBAPIError as error:
            verifier_cli.fail(refusal(error), WRONG_USE)
        finally:
            signal.signal(signal.SIGTERM, before)


def _unwind(number: int, _frame: object) -> None:
    """End as Ctrl-C does, so that every `with` closes what it opened."""
    raise SystemExit(128 + number)


app = typer.Typer(
    cls=_Commands,
    callback=begin,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("verify")(verifier_cli.verify_command)
app.command("audit")(audit_cli.audit_command)
app.command("serve")(commands.serve)
app.command("issue")(commands.issue)
app.command("export")(commands.export)
app.command("snapshot")(commands.write_snapshot)
app.command("backup")(backup)
app.command("restore")(restore)
app.command("recall")(recall)
app.add_typer(found, name="found")
app.add_typer(anchor, name="anchor")
app.add_typer(apikey, name="apikey")
