"""Ten thousand changed proof files: none accepted, none crashes, each refused with a code."""

from __future__ import annotations

from functools import cache

from tests.mutation.edits import EDITS
from tests.mutation.running import Tally, mutation, run
from tests.mutation.subjects import subjects

COUNT, SEED = 10_000, 2026


@cache
def tally() -> Tally:
    return run(SEED, range(COUNT))


def test_no_mutation_is_accepted_and_none_crashes() -> None:
    made = tally()
    assert (made.count, made.accepted, made.crashed) == (COUNT, [], [])


def test_each_is_refused_with_a_code_or_still_says_the_same() -> None:
    made = tally()
    assert sum(made.refused.values()) + sum(made.same.values()) == COUNT
    assert all(code for _, _, code in made.refused)
    assert {verdict for _, verdict, _ in made.refused} == {"not_genuine", "unverifiable"}


def test_what_is_called_unverifiable_is_newer_or_waits_and_is_nothing_else() -> None:
    codes = {code for _, verdict, code in tally().refused if verdict == "unverifiable"}
    assert codes <= {
        "version_unknown",
        "algorithm_unknown",
        "hash_algorithm_unknown",
        "type_unknown",
        "checkpoint_missing",
        "proof_outdated",
        "not_yet_anchored",
    }


def test_mutations_reach_every_check_and_every_edit_takes_part() -> None:
    made = tally()
    assert {edit for edit, _, _ in made.refused} | set(made.same) == {e.__name__ for e in EDITS}
    codes = {code for _, _, code in made.refused}
    reached = {"json_syntax", "claims_hash_differs", "disclosure_unused", "facts_differ",
               "signature_invalid", "key_unknown", "path_malformed", "anchor_differs",
               "checkpoint_signature_wrong"}  # fmt: skip
    assert reached <= codes
    assert len(codes) > 60


def test_the_unchanged_files_are_taken() -> None:
    # Otherwise nothing could be wrongly accepted.
    for subject in subjects():
        assert subject.accepts(subject.report(subject.data))
        assert subject.is_good(subject.data)


def test_a_run_in_pieces_comes_to_the_same() -> None:
    whole, pieces = run(SEED, range(60)), Tally()
    for numbers in (range(25), range(25, 60)):
        pieces.add(run(SEED, numbers))
    assert pieces == whole
    assert whole.good


def test_what_is_accepted_or_crashes_is_a_fault() -> None:
    assert not Tally(accepted=[1]).good
    assert not Tally(crashed=[(1, "error")]).good


def test_a_mutation_of_a_number_is_always_the_same() -> None:
    for number in range(200):
        assert mutation(SEED, number).data == mutation(SEED, number).data
    assert mutation(SEED, 1).data != mutation(SEED + 1, 1).data
