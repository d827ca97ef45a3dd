"""What an audit finds by asking the chain, and what it leaves open if that does not tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.changes import at
from tests.static_logs import PublishedLog, chain_of, flip, statement, statements
from tests.unit.verifier.audits import SIZE, SIZES, chained, found, lying, run, unknown
from tests.world import (
    BLOCK,
    BOA,
    BODY,
    GENESIS_VCT,
    KEY,
    LOG,
    ROOT,
    T,
    secret,
)
from verifier import audit_entries
from verifier.audit_entries import Rules
from verifier.audit_tree import Batch
from verifier.chain_view import Anchor
from verifier.errors import ChainUnavailable
from verifier.view.state import ChainState


@pytest.fixture
def log(tmp_path: Path) -> PublishedLog:
    return PublishedLog(tmp_path / LOG.hex(), list(statements(SIZE))).publish()


def test_another_history_than_the_anchored_one(log: PublishedLog) -> None:
    view = chain_of(log, SIZES)
    log.entries[200] = statement(1000)
    assert found(run(log.publish(), view)) == {("anchor_differs", "chain", 100)}


def test_the_chain_ahead_of_what_is_published(log: PublishedLog) -> None:
    log.entries += [statement(number) for number in range(300, 310)]
    view = chain_of(log, [*SIZES, 310])
    audited = run(log, view)
    assert found(audited) == {("behind_chain", "checkpoint", SIZE)}
    assert audited.unchecked == {"anchors": "files are missing or damaged (4 of 5 checked)"}


@pytest.mark.parametrize("name", ["0" * 64, "another", LOG.hex().upper(), f"{LOG.hex()} "])
def test_a_folder_that_is_not_named_like_its_log(log: PublishedLog, name: str) -> None:
    assert found(run(log, chain_of(log, SIZES), name)) == {("log_id_differs", "checkpoint", None)}
    assert found(run(log, None, name)) == {("log_id_differs", "checkpoint", None)}


def test_a_folder_whose_name_may_be_any(log: PublishedLog) -> None:
    assert run(log, chain_of(log, SIZES), None).result == "clean"


def test_a_log_that_the_chain_does_not_have(log: PublishedLog) -> None:
    audited = chained(log, lambda chain: chain.logs.clear())
    assert found(audited) == {("log_unknown", "chain", None)}
    assert audited.unchecked == dict.fromkeys(
        ("signatures", "checkpoint", "anchors"), "the chain did not tell"
    )


def test_entry_0_of_another_body(log: PublishedLog) -> None:
    """The whole log is another body's, but stands in this one's folder."""
    view = chain_of(log, SIZES)
    log.entries = [statement(n, iss=BOA.did, vct=GENESIS_VCT if n == 0 else "urn:tem:cert:x:1")
                   for n in range(2)]  # fmt: skip
    log.publish()
    codes = {code for code, _, _ in found(run(log, view))}
    assert codes == {"log_id_differs", "issuer_differs", "anchor_differs", "behind_chain"}


def test_a_log_whose_entry_0_cannot_be_read(log: PublishedLog) -> None:
    (log.folder / "tile/entries/000").unlink()
    missing = ("file_missing", "tile/entries/000", None)
    named = chained(log)
    assert (found(named), named.log, named.did) == ({missing}, LOG, BODY.did)
    nameless = run(log, chain_of(log, SIZES), None)
    assert found(nameless) == {missing, ("log_unidentified", "chain", None)}
    assert unknown(nameless) == {"log_unidentified"}
    assert (nameless.log, nameless.did) == (None, None)
    assert found(run(log, None, None)) == {missing}


def test_a_key_that_was_revoked_still_shows_who_signed(log: PublishedLog) -> None:
    audited = chained(log, lambda chain: setattr(chain.organisations[BODY.id].keys[KEY.kid],
                                                 "until", T - 50))  # fmt: skip
    assert audited.result == "clean"


OLD = BLOCK - 3600


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda chain: chain.logs.clear(), "view_too_old"),
        (lambda chain: chain.logs[LOG].checkpoint_keys.clear(), "view_too_old"),
        (
            lambda chain: chain.logs[LOG].checkpoint_keys.__setitem__(0, secret("key")),
            "view_too_old",
        ),
    ],
)
def test_what_an_old_view_lacks_is_unknown(
    log: PublishedLog, change: Callable[[ChainState], object], code: str
) -> None:
    audited = chained(log, at(OLD), change)
    assert (audited.result, unknown(audited)) == ("unknown", {code})


@pytest.mark.parametrize(
    ("view_time", "stale", "code", "unknown"),
    [
        (T, False, "key_unknown", False),
        (T, True, "view_too_old", True),
        (T - 1, False, "view_older_than_record", True),
        (T - 1, True, "view_older_than_record", True),
    ],
)
def test_a_key_that_a_view_lacks(view_time: int, stale: bool, code: str, unknown: bool) -> None:
    rules = Rules(BODY.did, {}, view_time, stale)
    (finding,) = audit_entries.check(Batch("x", 1, [statement(1, iat=T)]), rules).findings
    assert (finding.code, finding.entry, finding.unknown) == (code, 1, unknown)


def test_an_old_view_still_shows_what_is_wrong(log: PublishedLog) -> None:
    view = chain_of(log, SIZES, at(OLD))
    log.entries[200] = statement(1000)
    audited = run(log.publish(), view)
    assert (audited.result, found(audited)) == ("wrong", {("anchor_differs", "chain", 100)})


def _unavailable(*_: Any) -> Any:
    raise ChainUnavailable("chain_unreachable", "No answer.", "rpc")


def other_point(*_: Any) -> Any:
    chain = chain_of(PublishedLog(Path(), [b""]), [1])
    return replace(chain.key_at(BODY.id, KEY.kid, T), x=secret("x"))


@pytest.mark.parametrize(
    ("lies", "code"),
    [
        ({"block": _unavailable}, "chain_unreachable"),
        ({"log": _unavailable}, "chain_unreachable"),
        ({"anchors": _unavailable}, "chain_unreachable"),
        ({"anchors": lambda _log: []}, "chain_contradiction"),
        ({"anchors": lambda _log: [Anchor(300, 0, 0, secret("root"))]}, "chain_contradiction"),
        ({"organisation": lambda _org: None}, "chain_contradiction"),
        ({"key_at": other_point}, "chain_contradiction"),
    ],
)
def test_a_chain_that_cannot_be_asked_is_unknown_and_the_rest_is_checked(
    log: PublishedLog, lies: dict[str, Callable[..., Any]], code: str
) -> None:
    audited = run(log, lying(log, **lies))
    assert (audited.result, found(audited)) == ("unknown", {(code, "chain", None)})
    assert set(audited.unchecked) == {"signatures", "checkpoint", "anchors"}
    flip(log.folder / "tile/0/000")
    assert run(log, lying(log, **lies)).result == "wrong"


def test_anchors_that_do_not_grow(log: PublishedLog) -> None:
    anchors = chain_of(log, SIZES).logs[LOG].anchors
    view = lying(log, anchors=lambda _log: [anchors[1], anchors[0], *anchors[2:]])
    assert unknown(run(log, view)) == {"chain_contradiction"}


def test_an_organisation_of_another_name(log: PublishedLog) -> None:
    other = chain_of(log, SIZES).organisation(ROOT.id)
    view = lying(log, organisation=lambda _org: other)
    assert unknown(run(log, view)) == {"chain_contradiction"}
