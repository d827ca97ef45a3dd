"""Proof files: everything that one record needs to be checked."""
