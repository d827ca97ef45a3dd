"""Benchmarks: what the parts do per second on this machine. `make bench` runs them all."""
