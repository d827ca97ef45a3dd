"""The record types and their schemas."""
