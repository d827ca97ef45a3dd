"""The append-only logs of Tem, and the transactions that anchor them on the chain."""
