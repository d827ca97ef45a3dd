"""What a developer or operator runs by hand."""
