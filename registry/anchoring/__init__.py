"""How anchoring stands: for operators, and for what watches over the registry."""
