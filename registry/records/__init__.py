"""Records: what is written into a body's log, whatever its type."""
