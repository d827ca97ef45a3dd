"""Rules of the verification certificate (kiểm định) that its JSON Schema cannot say.

A stamp and a validity belong to an instrument that passed, and the validity ends with a month.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from registry.errors import RequestError
from verifier.names import parse_date

LONGEST_VALIDITY = timedelta(days=20 * 366)
"""More than any cycle in force: a longer one is a slip of the pen."""


def faults(fields: dict[str, Any], outcome: str, issued: date) -> Iterator[RequestError]:
    """What is wrong with the fields of a verification, each with its place in the request."""
    yield from _validity_faults(fields.get("valid_until"), outcome, issued)
    if outcome == "fail" and "stamp" in fields:
        yield RequestError(
            "stamp_unexpected", "An instrument that failed gets no stamp.", "/fields/stamp"
        )
    if int(fields.get("made", issued.year)) > issued.year:
        said = "It was made after its verification."
        yield RequestError("made_after_issued", said, "/fields/made")


def _validity_faults(text: str | None, outcome: str, issued: date) -> Iterator[RequestError]:
    place = "/fields/valid_until"
    if text is None:
        if outcome == "pass":
            yield RequestError("valid_until_missing", "A pass is valid until some day.", place)
        return
    until = parse_date(text, place)
    if outcome == "fail":
        yield RequestError("valid_until_unexpected", "A failure is not valid until a day.", place)
    if until.day != monthrange(until.year, until.month)[1]:
        yield RequestError("valid_until_month", "Validity ends on the last day of a month.", place)
    if until < issued:
        yield RequestError("valid_until_early", "It ends before the day of issue.", place)
    if until > issued + LONGEST_VALIDITY:
        yield RequestError("valid_until_late", "No verification holds for that long.", place)
