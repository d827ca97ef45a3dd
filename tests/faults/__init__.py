"""Whatever dies: processes killed at every boundary and at random, calls that fail both ways."""
