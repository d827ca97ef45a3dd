"""Letting a halted log go on, once what halted it was mended: an operator's decision, checked."""

from __future__ import annotations

from sqlalchemy import Engine

from anchor import recovery, store
from anchor.agreement import Witnesses
from anchor.chain.deploy import Contracts
from anchor.chain.trust_registry import Role
from anchor.continuity import anchored_size
from anchor.database import reading, writing
from anchor.errors import LogError
from anchor.store import LogState
from verifier.chain_view import LogState as LogOnChain


def resume(engine: Engine, contracts: Contracts, account: str, log: bytes) -> None:
    """Let ``log`` go on if the chain holds nothing but its own roots and ``account`` may anchor.

    Raises LogError, and has changed nothing: ``log_not_halted``, ``log_forked``,
    ``log_behind_chain``, ``log_not_open``, ``not_anchor_operator``; and ChainUnavailable.
    """
    recovery.check(engine, contracts.node)
    with reading(engine) as session:
        state = store.state(session, log)
        if state.halted is None:
            raise LogError("log_not_halted", f"{state.origin} is not halted.", "log")
        _require_one_history(contracts, log)
        anchored = anchored_size(session, contracts, state)
    if anchored > state.size:
        raise LogError(
            "log_behind_chain",
            f"The chain holds {anchored} entries, the database {state.size}: bring it forward with "
            "`tem restore --in-place`, or restore a newer backup.",
            state.origin,
        )
    _require_entitled(contracts, account, state)
    with writing(engine) as session:
        store.resume(session, log)


def _require_one_history(contracts: Contracts, log: bytes) -> None:
    """Raise ChainUnavailable (``nodes_disagree``) if the addresses contradict each other."""
    node = contracts.node
    final = node.head(node.network.finality)
    witnesses = Witnesses(node, contracts.log_anchor.address)
    witnesses.gather(final)
    newest = contracts.log_anchor.latest(log, block=final.number)
    if newest.size > 0:
        witnesses.confirm_final(log, newest)


def _require_entitled(contracts: Contracts, account: str, state: LogState) -> None:
    info = contracts.log_anchor.log_info(state.log, block="latest")
    if info.state is not LogOnChain.OPEN:
        said = f"On the chain this log is {info.state.name.lower()}: it takes no anchors."
        raise LogError("log_not_open", said, state.origin)
    trust = contracts.trust_registry
    if not trust.is_operator(state.org, account, Role.ANCHOR, block="latest"):
        raise LogError(
            "not_anchor_operator",
            f"The account {account} may not anchor this log: the body's administrator has to "
            "allow it.",
            state.origin,
        )
    if not trust.is_active(state.org, block="latest"):
        said = "The body is suspended on the chain: whoever suspended it has to resume it."
        raise LogError("organisation_not_active", said, state.origin)
