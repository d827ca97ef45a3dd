"""Views of the chain: live over JSON-RPC, or from a signed snapshot file."""
