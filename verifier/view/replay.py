"""The contracts' state rebuilt from their events, from the first block to a final one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from verifier.chain_view import (
    Anchor,
    Custody,
    Entry,
    Kind,
    LogState,
    Organisation,
    Standing,
    Status,
    StatusReason,
)
from verifier.errors import ChainUnavailable
from verifier.view import abi
from verifier.view.live import LiveChain, LiveView
from verifier.view.state import (
    ChainState,
    KeyRecord,
    LogRecord,
    OrganisationRecord,
    StatusEntry,
)
from verifier.view.values import number, shaped, unhex

BLOCKS_AT_ONCE = 10_000


def read_state(chain: LiveChain, progress: Callable[[int, int], None]) -> ChainState:
    """Rebuild the whole state at the newest final block.

    ``progress`` is told (blocks read, blocks in all). Raises ChainUnavailable.
    """
    view = chain.view()
    block = view.block()
    state = ChainState(chain.trust, block)
    for first in range(0, block.number + 1, BLOCKS_AT_ONCE):
        last = min(first + BLOCKS_AT_ONCE - 1, block.number)
        for topics, data in _events(chain, first, last):
            name, values = abi.decode_event(topics, data)
            apply(state, name, values)
        progress(last, block.number)
    if not all(log.grows for log in state.logs.values()):
        raise ChainUnavailable("chain_contradiction", "A log does not grow.", "chain")
    if chain.block(block.number) != block:
        raise ChainUnavailable("chain_contradiction", "A final block was replaced.", "rpc")
    _confirm(state, view)
    return state


def _confirm(state: ChainState, view: LiveView) -> None:
    """Ask the contracts themselves: a node that has lost events would make a smaller history.

    Statuses cannot be listed on chain, so those of one record alone would go unnoticed.
    """
    now, chain = state.block().time, [*state.organisations]
    agree = chain == view.organisations()
    for org, record in state.organisations.items():
        agree = agree and state.active_at(org, now) == view.active_at(org, now)
        agree = agree and [*record.keys] == view.keys(org)
        agree = agree and all(
            state.key_at(org, kid, now) == view.key_at(org, kid, now) for kid in record.keys
        )
    agree = agree and all(state.log(log) == view.log(log) for log in state.logs)
    if not agree:
        raise ChainUnavailable(
            "chain_contradiction", "The events do not give what the contracts hold.", "chain"
        )


def _events(chain: LiveChain, first: int, last: int) -> Iterator[tuple[list[bytes], bytes]]:
    trust = chain.trust
    contracts = [trust.trust_registry, trust.log_anchor, trust.status_registry]
    query = {"address": contracts, "fromBlock": hex(first), "toBlock": hex(last)}
    logs = chain.rpc.request("eth_getLogs", [query])
    try:
        ordered = sorted(logs, key=lambda e: (number(e["blockNumber"]), number(e["logIndex"])))
        found = [(list(e["topics"]), e["data"]) for e in ordered]
    except (TypeError, KeyError) as error:
        raise ChainUnavailable(
            "chain_unreachable", "The node answered no events.", "rpc"
        ) from error
    for topics, data in found:
        yield [unhex(topic) for topic in topics], unhex(data)


def apply(state: ChainState, name: str, values: dict[str, Any]) -> None:
    """Change ``state`` as the event says. Events that no view answers from change nothing.

    Raises ChainUnavailable (``chain_contradiction``) for an event that cannot follow.
    """
    step = _STEPS.get(name)
    if step is None:
        return
    try:
        step(state, values)
    except (KeyError, ValueError, IndexError) as error:
        raise ChainUnavailable(
            "chain_contradiction", f"{name} does not follow from the events before.", "chain"
        ) from error


def _organisation_registered(state: ChainState, v: dict[str, Any]) -> None:
    organisation = Organisation(v["did"], v["name"], shaped(Kind, v["kind"]), v["sponsor"])
    state.organisations[v["org"]] = OrganisationRecord(organisation, v["registeredAt"])


def _sponsor_transferred(state: ChainState, v: dict[str, Any]) -> None:
    record = state.organisations[v["org"]]
    record.organisation = replace(record.organisation, sponsor=v["to"])


def _suspension_recorded(state: ChainState, v: dict[str, Any]) -> None:
    suspensions = state.organisations[v["org"]].suspensions
    suspensions.setdefault(v["author"], []).append(shaped(Entry, v["entry"]))


def _key_added(state: ChainState, v: dict[str, Any]) -> None:
    state.organisations[v["org"]].keys[v["kid"]] = KeyRecord(
        v["x"], v["y"], v["from"], v["until"], v["recordedAt"], shaped(Custody, v["custody"])
    )


def _key_revoked(state: ChainState, v: dict[str, Any]) -> None:
    state.organisations[v["org"]].keys[v["kid"]].revocations.append(shaped(Entry, v["entry"]))


def _grant_recorded(state: ChainState, v: dict[str, Any]) -> None:
    grants = state.organisations[v["accreditor"]].grants
    grants.setdefault(v["scope"], []).append(shaped(Entry, v["entry"]))


def _accreditation_recorded(state: ChainState, v: dict[str, Any]) -> None:
    by_scope = state.organisations[v["body"]].accreditations
    by_accreditor = by_scope.setdefault(v["scope"], {})
    by_accreditor.setdefault(v["accreditor"], []).append(shaped(Entry, v["entry"]))


def _log_opened(state: ChainState, v: dict[str, Any]) -> None:
    state.logs[v["log"]] = LogRecord(v["org"], v["origin"])


def _anchored(state: ChainState, v: dict[str, Any]) -> None:
    anchor = Anchor(v["size"], v["time"], v["blockNumber"], v["root"])
    state.logs[v["log"]].anchors.append(anchor)


def _checkpoint_key_set(state: ChainState, v: dict[str, Any]) -> None:
    state.logs[v["log"]].checkpoint_keys.append(v["key"])


def _log_closed(state: ChainState, v: dict[str, Any]) -> None:
    state.logs[v["log"]].state = LogState.CLOSED


def _log_repudiated(state: ChainState, v: dict[str, Any]) -> None:
    log = state.logs[v["log"]]
    log.state, log.repudiated_from = LogState.REPUDIATED, v["fromSize"]


def _status_recorded(state: ChainState, v: dict[str, Any]) -> None:
    standing = Standing(
        v["author"],
        v["by"],
        shaped(Status, v["status"]),
        shaped(StatusReason, v["reason"]),
        v["effective"],
        v["recordedAt"],
    )
    authors = state.statuses.setdefault((v["log"], v["leaf"]), {})
    authors.setdefault(v["author"], []).append(StatusEntry(standing))


def _status_annulled(state: ChainState, v: dict[str, Any]) -> None:
    state.statuses[v["log"], v["leaf"]][v["author"]][v["index"]].annulled = True


_STEPS: dict[str, Callable[[ChainState, dict[str, Any]], None]] = {
    "OrganisationRegistered": _organisation_registered,
    "SponsorTransferred": _sponsor_transferred,
    "SuspensionRecorded": _suspension_recorded,
    "KeyAdded": _key_added,
    "KeyRevoked": _key_revoked,
    "GrantRecorded": _grant_recorded,
    "AccreditationRecorded": _accreditation_recorded,
    "LogOpened": _log_opened,
    "Anchored": _anchored,
    "CheckpointKeySet": _checkpoint_key_set,
    "LogClosed": _log_closed,
    "LogRepudiated": _log_repudiated,
    "StatusRecorded": _status_recorded,
    "StatusAnnulled": _status_annulled,
}
