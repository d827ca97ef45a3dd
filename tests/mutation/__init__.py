"""Proof files changed at random, and what the verifier makes of them.

Mutation number n of a seed is always the same, so that a run can be cut in pieces, resumed, and
one case looked at alone.
"""
