"""Changes to the chain of the test world: what a case says against a record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.chain import entry
from tests.world import BOA, BODY, KEY, LOG, RECORD, Issued, Org
from verifier.chain_view import Act, Block, Entry, Reason
from verifier.view.state import ChainState, KeyRecord, OrganisationRecord, StatusEntry

Change = Callable[[ChainState], object]
SCOPE = "verification/scales"


def at(time: int) -> Change:
    """The view stands at a block of that time."""
    return lambda chain: setattr(chain, "at_block", Block(100, chain.at_block.hash, time))


def body(chain: ChainState) -> OrganisationRecord:
    return chain.organisations[BODY.id]


def body_key(chain: ChainState) -> KeyRecord:
    return body(chain).keys[KEY.kid]


def key_is(**change: Any) -> Change:
    """The body's key registered with other times."""
    return lambda chain: body(chain).keys.update({KEY.kid: replace(body_key(chain), **change)})


def revoked(at: int, by: Org = BODY, reason: Reason = Reason.CEASED) -> Change:
    made = entry(Act.WITHDRAWN, at, by, reason=reason)
    return lambda chain: body_key(chain).revocations.append(made)


def accredited(*entries: Entry, by: Org = BOA, scope: str = SCOPE) -> Change:
    """The body's accreditations by ``by``: these instead of those of the world."""
    return lambda chain: (
        body(chain).accreditations.setdefault(scope, {}).update({by.id: list(entries)})
    )


def never_accredited(chain: ChainState) -> None:
    body(chain).accreditations.clear()


def grants(**scopes: list[Entry]) -> Change:
    """The accreditor's grants: these instead of those of the world."""
    return lambda chain: chain.organisations[BOA.id].grants.update(scopes)


def no_grant(chain: ChainState) -> None:
    chain.organisations[BOA.id].grants.clear()


def suspended(at: int, by: Org, reason: Reason = Reason.INVESTIGATION) -> Entry:
    return entry(Act.SUSPENDED, at, by, reason=reason)


def org_suspended(*entries: Entry, by: Org = BOA, who: Org = BODY) -> Change:
    return lambda chain: chain.organisations[who.id].suspensions.update({by.id: list(entries)})


def says(*entries: StatusEntry, record: Issued = RECORD) -> Change:
    """Authors' statuses of the record."""

    def change(chain: ChainState) -> None:
        authors = chain.statuses.setdefault((LOG, record.leaf), {})
        for item in entries:
            authors.setdefault(item.standing.author, []).append(item)

    return change
