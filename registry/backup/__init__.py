"""Backup and restore: the whole registry in one folder, and back."""
