"""What an organisation's administrator does on the chain, in the words of the registry.

Each act goes through a Sender, so its bytes are stored before it is sent. ``reference`` is the
requester's own name for the act: the same name again is the same act, done once. An act returns
when it is in a block, so that the next may build on it; ``settle`` waits until all are final.
All raise ContractRefused, ChainUnavailable and TransactionError, as ``Sender.perform``.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from anchor import store
from anchor.chain.contract import Call
from anchor.chain.deploy import Contracts
from anchor.chain.trust_registry import Role
from anchor.database import reading
from anchor.sender import Sender
from verifier.chain_view import Custody, Kind, Reason, Status, StatusReason
from verifier.names import org_id, require_name
from verifier.statement import key_thumbprint


class Administration:
    """The acts of one account, which speaks for the organisation ``org`` (32 bytes).

    Times are in seconds since 1970; 0 means the block time of the transaction, and as ``until``
    no end. Accounts are 0x-hex addresses.
    """

    def __init__(self, contracts: Contracts, sender: Sender, org: bytes) -> None:
        self.org = org
        self._trust, self._logs = contracts.trust_registry, contracts.log_anchor
        self._statuses, self._sender = contracts.status_registry, sender

    def register(self, did: str, name: str, kind: Kind, admin: str, reference: str) -> bytes:
        """Register an organisation that this one sponsors; returns its id."""
        org = org_id(require_name("did", did, "did"))
        self._do(self._trust.register(org, did, name, kind, self.org, admin), reference)
        return org

    def grant_scope(
        self, accreditor: bytes, scope: str, reference: str, from_: int = 0, until: int = 0
    ) -> None:
        """Let an accreditor accredit for ``scope`` and all below it. For the root."""
        self._do(self._trust.grant_scope(accreditor, scope, from_, until), reference)

    def accredit(
        self, body: bytes, scope: str, reference: str, from_: int = 0, until: int = 0
    ) -> None:
        """Accredit a body for ``scope`` and all below it."""
        self._do(self._trust.accredit(self.org, body, scope, from_, until), reference)

    def suspend_accreditation(
        self, body: bytes, scope: str, reason: Reason, reference: str, since: int = 0
    ) -> None:
        """Suspend this organisation's accreditation of a body until the next one."""
        act = self._trust.suspend_accreditation
        self._do(act(self.org, self.org, body, scope, since, reason), reference)

    def withdraw_accreditation(
        self, body: bytes, scope: str, reason: Reason, reference: str, since: int = 0
    ) -> None:
        """Withdraw this organisation's accreditation of a body."""
        act = self._trust.withdraw_accreditation
        self._do(act(self.org, self.org, body, scope, since, reason), reference)

    def suspend_organisation(
        self, org: bytes, reason: Reason, reference: str, since: int = 0
    ) -> None:
        """Suspend an organisation in the name of this one."""
        self._do(self._trust.suspend_organisation(self.org, org, since, reason), reference)

    def resume_organisation(self, org: bytes, reason: Reason, reference: str) -> None:
        """End this organisation's own suspension of another."""
        self._do(self._trust.resume_organisation(self.org, org, self.org, reason), reference)

    def add_key(
        self,
        key: EllipticCurvePublicKey,
        custody: Custody,
        reference: str,
        from_: int = 0,
        until: int = 0,
    ) -> bytes:
        """Register a P-256 key that signs this organisation's statements; returns its kid."""
        point = key.public_numbers()
        x, y = point.x.to_bytes(32, "big"), point.y.to_bytes(32, "big")
        self._do(self._trust.add_key(self.org, x, y, from_, until, custody), reference)
        return key_thumbprint(x, y)[:8]

    def revoke_key(self, kid: bytes, reason: Reason, reference: str, since: int = 0) -> None:
        """Revoke one of this organisation's keys for good."""
        self._do(self._trust.revoke_key(self.org, self.org, kid, since, reason), reference)

    def set_operator(self, account: str, role: Role, allowed: bool, reference: str) -> None:
        """Allow or forbid an account to anchor, or to set statuses, for this organisation."""
        self._do(self._trust.set_operator(self.org, account, role, allowed), reference)

    def open_log(self, log: bytes, reference: str) -> None:
        """Open on the chain a log that the database holds, with the root of its entry 0.

        Raises LogError (``log_unknown``).
        """
        with reading(self._sender.engine) as session:
            origin = store.state(session, log).origin
            genesis = store.root_at(session, log, 1)
        self._do(self._logs.open_log(self.org, origin, genesis), reference)

    def set_checkpoint_key(self, log: bytes, key: Ed25519PublicKey, reference: str) -> None:
        """Name the key that signs the log's checkpoints from now on."""
        self._do(self._logs.set_checkpoint_key(log, key.public_bytes_raw()), reference)

    def set_status(
        self,
        log: bytes,
        leaf: bytes,
        status: Status,
        reason: StatusReason,
        reference: str,
        effective: int = 0,
    ) -> None:
        """Record what this organisation says about a record."""
        act = self._statuses.set_status
        self._do(act(log, leaf, self.org, status, reason, effective), reference)

    def settle(self) -> None:
        """Wait until everything done by this account is final."""
        self._sender.settle()

    def _do(self, call: Call, reference: str) -> None:
        self._sender.perform(call, reference)
