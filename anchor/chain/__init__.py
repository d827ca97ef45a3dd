"""The chain: a node of it, the three contracts, and the transactions sent to them."""
