"""Stops: asking hosts, and the visit."""
