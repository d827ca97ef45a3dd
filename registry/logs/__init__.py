"""The published logs, served as they stand in their folder."""
