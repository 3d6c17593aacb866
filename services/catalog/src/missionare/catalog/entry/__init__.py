"""Entries: what the region knows and asks, in immutable published versions."""
