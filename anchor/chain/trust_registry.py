"""The client of TrustRegistry: who may issue what, since when, and until when.

What each function does and who may call it: contracts/src/interfaces/ITrustRegistry.sol.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from anchor.chain.contract import Call, Contract
from anchor.chain.node import BlockId
from verifier.chain_view import (
    Accreditation,
    Activity,
    Custody,
    Entry,
    Key,
    Kind,
    Reason,
)


class Role(IntEnum):
    """What an operator's account may do for its organisation (ITrustRegistry)."""

    ANCHOR = 0
    STATUS = 1


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation as it is now; all empty if it is not registered."""

    did: str
    name: str
    kind: Kind
    sponsor: bytes
    admin: str
    registered_at: int


@dataclass(frozen=True, slots=True)
class ProposedAdmin:
    """A proposed administrator, and when it may take over; zero if there is none."""

    proposed: str
    executable_at: int


class TrustRegistry(Contract):
    """See the interface; acts first, views after."""

    name = "TrustRegistry"

    def register(
        self, org: bytes, did: str, name: str, kind: Kind, sponsor: bytes, admin: str
    ) -> Call:
        return self._act("register", org, did, name, kind, sponsor, admin)

    def transfer_sponsor(self, org: bytes, sponsor: bytes) -> Call:
        return self._act("transferSponsor", org, sponsor)

    def suspend_organisation(self, by: bytes, org: bytes, since: int, reason: Reason) -> Call:
        return self._act("suspendOrganisation", by, org, since, reason)

    def resume_organisation(self, by: bytes, org: bytes, author: bytes, reason: Reason) -> Call:
        return self._act("resumeOrganisation", by, org, author, reason)

    def set_operator(self, org: bytes, account: str, role: Role, allowed: bool) -> Call:
        return self._act("setOperator", org, account, role, allowed)

    def change_admin(self, org: bytes, new_admin: str) -> Call:
        return self._act("changeAdmin", org, new_admin)

    def propose_admin(self, org: bytes, proposed: str) -> Call:
        return self._act("proposeAdmin", org, proposed)

    def execute_admin(self, org: bytes) -> Call:
        return self._act("executeAdmin", org)

    def cancel_admin(self, org: bytes) -> Call:
        return self._act("cancelAdmin", org)

    def add_key(
        self, org: bytes, x: bytes, y: bytes, from_: int, until: int, custody: Custody
    ) -> Call:
        return self._act("addKey", org, x, y, from_, until, custody)

    def revoke_key(self, by: bytes, org: bytes, kid: bytes, since: int, reason: Reason) -> Call:
        return self._act("revokeKey", by, org, kid, since, reason)

    def grant_scope(self, accreditor: bytes, scope: str, from_: int, until: int) -> Call:
        return self._act("grantScope", accreditor, scope, from_, until)

    def suspend_grant(self, accreditor: bytes, scope: str, since: int, reason: Reason) -> Call:
        return self._act("suspendGrant", accreditor, scope, since, reason)

    def withdraw_grant(self, accreditor: bytes, scope: str, since: int, reason: Reason) -> Call:
        return self._act("withdrawGrant", accreditor, scope, since, reason)

    def accredit(self, accreditor: bytes, body: bytes, scope: str, from_: int, until: int) -> Call:
        return self._act("accredit", accreditor, body, scope, from_, until)

    def suspend_accreditation(
        self, by: bytes, accreditor: bytes, body: bytes, scope: str, since: int, reason: Reason
    ) -> Call:
        return self._act("suspendAccreditation", by, accreditor, body, scope, since, reason)

    def withdraw_accreditation(
        self, by: bytes, accreditor: bytes, body: bytes, scope: str, since: int, reason: Reason
    ) -> Call:
        return self._act("withdrawAccreditation", by, accreditor, body, scope, since, reason)

    def root(self, *, block: BlockId | None = None) -> bytes:
        return self._one(bytes, "root", block=block)

    def organisation(self, org: bytes, *, block: BlockId | None = None) -> Organisation:
        return self._one(Organisation, "organisation", org, block=block)

    def organisations(
        self, offset: int, limit: int, *, block: BlockId | None = None
    ) -> list[bytes]:
        return self._many(bytes, "organisations", offset, limit, block=block)

    def active_at(self, org: bytes, when: int, *, block: BlockId | None = None) -> Activity:
        return self._one(Activity, "activeAt", org, when, block=block)

    def suspension_authors(self, org: bytes, *, block: BlockId | None = None) -> list[bytes]:
        return self._many(bytes, "suspensionAuthors", org, block=block)

    def suspensions(
        self, org: bytes, author: bytes, offset: int, limit: int, *, block: BlockId | None = None
    ) -> list[Entry]:
        return self._many(Entry, "suspensions", org, author, offset, limit, block=block)

    def proposed_admin(self, org: bytes, *, block: BlockId | None = None) -> ProposedAdmin:
        return ProposedAdmin(*self._read("proposedAdmin", org, block=block))

    def key_at(self, org: bytes, kid: bytes, when: int, *, block: BlockId | None = None) -> Key:
        return self._one(Key, "keyAt", org, kid, when, block=block)

    def keys(
        self, org: bytes, offset: int, limit: int, *, block: BlockId | None = None
    ) -> list[bytes]:
        return self._many(bytes, "keys", org, offset, limit, block=block)

    def key_history(
        self, org: bytes, kid: bytes, offset: int, limit: int, *, block: BlockId | None = None
    ) -> list[Entry]:
        return self._many(Entry, "keyHistory", org, kid, offset, limit, block=block)

    def accreditation_at(
        self, org: bytes, scope: str, when: int, *, block: BlockId | None = None
    ) -> Accreditation:
        return self._one(Accreditation, "accreditationAt", org, scope, when, block=block)

    def scopes(
        self, org: bytes, offset: int, limit: int, *, block: BlockId | None = None
    ) -> list[str]:
        return self._many(str, "scopes", org, offset, limit, block=block)

    def accreditors(self, body: bytes, scope: str, *, block: BlockId | None = None) -> list[bytes]:
        return self._many(bytes, "accreditors", body, scope, block=block)

    def accreditation_entries(
        self,
        body: bytes,
        scope: str,
        accreditor: bytes,
        offset: int,
        limit: int,
        *,
        block: BlockId | None = None,
    ) -> list[Entry]:
        return self._many(
            Entry, "accreditationEntries", body, scope, accreditor, offset, limit, block=block
        )

    def grant_entries(
        self,
        accreditor: bytes,
        scope: str,
        offset: int,
        limit: int,
        *,
        block: BlockId | None = None,
    ) -> list[Entry]:
        return self._many(Entry, "grantEntries", accreditor, scope, offset, limit, block=block)

    def kind_of(self, org: bytes, *, block: BlockId | None = None) -> Kind:
        return self._one(Kind, "kindOf", org, block=block)

    def sponsor_of(self, org: bytes, *, block: BlockId | None = None) -> bytes:
        return self._one(bytes, "sponsorOf", org, block=block)

    def is_active(self, org: bytes, *, block: BlockId | None = None) -> bool:
        return self._one(bool, "isActive", org, block=block)

    def is_admin(self, org: bytes, account: str, *, block: BlockId | None = None) -> bool:
        return self._one(bool, "isAdmin", org, account, block=block)

    def is_operator(
        self, org: bytes, account: str, role: Role, *, block: BlockId | None = None
    ) -> bool:
        return self._one(bool, "isOperator", org, account, role, block=block)

    def has_accredited(
        self, accreditor: bytes, body: bytes, *, block: BlockId | None = None
    ) -> bool:
        return self._one(bool, "hasAccredited", accreditor, body, block=block)
