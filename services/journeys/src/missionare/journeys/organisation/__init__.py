"""Organisations: whether they may host."""
