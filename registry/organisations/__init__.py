"""The organisations that issue here: founding, names, access."""
