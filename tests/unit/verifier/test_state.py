"""What the rebuilt state answers where a whole verification does not ask."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.chain import entry, granted, state, status
from tests.world import (
    AOSC,
    BOA,
    BODY,
    FOUNDED,
    KEY,
    LOG,
    RECORD,
    REGULATOR,
    ROOT,
    STRANGER,
    TA,
    T,
)
from verifier.chain_view import AccreditationState, Act, KeyState, Status
from verifier.view.state import effective_at, interval_state, prefixes

SCOPE = "verification/scales"
NOBODY = bytes(32)


def test_who_is_not_registered_holds_nothing() -> None:
    chain, nobody = state(), bytes([7]) * 32
    assert chain.organisation(nobody) is None
    assert not chain.active_at(nobody, T).exists
    assert chain.key_at(nobody, KEY.kid, T).state is KeyState.NONE
    assert chain.key_at(BODY.id, STRANGER.kid, T).state is KeyState.NONE
    assert chain.accreditation_at(nobody, SCOPE, T).state is AccreditationState.NONE
    assert chain.log(nobody) is None
    assert chain.anchor_at(nobody, 1) is None
    assert chain.first_anchor_covering(nobody, 0) is None
    assert chain.checkpoint_keys(nobody) == ()
    assert chain.anchors(nobody) == chain.keys(nobody) == []
    assert chain.status_at(LOG, nobody, T) is None


def test_the_kind_of_an_organisation_decides_what_its_accreditation_is() -> None:
    chain = state()
    root = chain.accreditation_at(ROOT.id, SCOPE, T)
    assert (root.state, root.accreditor) == (AccreditationState.VALID, NOBODY)
    own = chain.accreditation_at(BOA.id, SCOPE, T)
    assert (own.state, own.accreditor, own.scope) == (AccreditationState.VALID, BOA.id, "")
    assert own.grant_scope == "verification"
    assert chain.accreditation_at(AOSC.id, SCOPE, T).state is AccreditationState.GRANT_NONE
    assert chain.accreditation_at(REGULATOR.id, SCOPE, T).state is AccreditationState.NONE


def test_the_links_that_decide_are_named() -> None:
    found = state().accreditation_at(BODY.id, "verification/scales/beam", T)
    assert (found.accreditor, found.scope, found.grant_scope) == (BOA.id, SCOPE, "verification")
    assert (found.accreditation, found.grant) == (granted(BOA), granted(ROOT))


def test_an_accreditor_that_was_never_registered_has_no_grant() -> None:
    chain = state()
    accreditations = chain.organisations[BODY.id].accreditations
    accreditations.clear()
    accreditations[SCOPE] = {bytes([9]) * 32: [granted(BOA)]}
    assert chain.accreditation_at(BODY.id, SCOPE, T).state is AccreditationState.GRANT_NONE


def test_what_is_not_yet_effective_is_shown_all_the_same() -> None:
    chain, later = state(), granted(BOA, TA + 100)
    chain.organisations[BODY.id].accreditations[SCOPE][BOA.id] = [later]
    found = chain.accreditation_at(BODY.id, SCOPE, T)
    assert (found.state, found.accreditation) == (AccreditationState.NOT_YET, later)


def test_of_several_grants_the_best_counts_and_of_equals_the_narrowest_is_named() -> None:
    chain = state()
    grants = chain.organisations[BOA.id].grants
    grants[SCOPE] = [granted(ROOT), entry(Act.SUSPENDED, FOUNDED + 1, ROOT)]
    assert chain.accreditation_at(BODY.id, SCOPE, T).grant_scope == "verification"
    grants["verification"] = [granted(ROOT), entry(Act.SUSPENDED, FOUNDED + 1, ROOT)]
    found = chain.accreditation_at(BODY.id, SCOPE, T)
    assert (found.state, found.grant_scope) == (AccreditationState.GRANT_SUSPENDED, SCOPE)


@pytest.mark.parametrize(
    ("at", "size"),
    [(-1, 1), (0, 1), (1, 2), (2, 5), (4, 5), (5, None), (2**40, None)],
)
def test_the_first_anchor_above_an_index(at: int, size: int | None) -> None:
    found = state().first_anchor_covering(LOG, at)
    assert (found.size if found else None) == size


@pytest.mark.parametrize(("size", "held"), [(0, False), (1, True), (3, False), (5, True)])
def test_an_anchor_of_exactly_a_size(size: int, held: bool) -> None:
    assert (state().anchor_at(LOG, size) is not None) is held


def test_the_newest_entry_effective_by_then_decides() -> None:
    first, second, back = granted(BOA, 10), granted(BOA, 30), entry(Act.SUSPENDED, 20, BOA)
    history = [first, second, back]
    assert effective_at(history, 9) is None
    assert effective_at(history, 19) is first
    assert effective_at(history, 20) is back
    # Recorded last, it decides for every time from its own beginning on.
    assert effective_at(history, 31) is back


def test_intervals_hold_their_first_second_and_lack_their_last() -> None:
    short = granted(BOA, 10, until=20)
    assert interval_state(short, 19) is AccreditationState.VALID
    assert interval_state(short, 20) is AccreditationState.EXPIRED
    assert interval_state(granted(BOA, 10), 2**60) is AccreditationState.VALID
    assert interval_state(None, 5) is AccreditationState.NOT_YET


def test_a_scope_is_below_whole_segments_only() -> None:
    assert list(prefixes("a/b/c")) == ["a/b/c", "a/b", "a"]
    assert list(prefixes("a")) == ["a"]


def test_an_author_who_says_nothing_yet_does_not_hide_one_who_does() -> None:
    chain = state()
    chain.statuses[LOG, RECORD.leaf] = {
        BODY.id: [status(Status.WITHDRAWN, TA + 50)],
        REGULATOR.id: [status(Status.ACTIVE, TA, REGULATOR)],
    }
    found = chain.status_at(LOG, RECORD.leaf, TA + 1)
    assert found is not None
    assert (found.author, found.status) == (REGULATOR.id, Status.ACTIVE)


def test_a_log_says_where_it_was_repudiated() -> None:
    chain = state()
    chain.logs[LOG] = replace(chain.logs[LOG], repudiated_from=3)
    found = chain.log(LOG)
    assert found is not None
    assert (found.size, found.repudiated_from, found.org) == (5, 3, BODY.id)
