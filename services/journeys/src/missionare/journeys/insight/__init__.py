"""Insights: noted at a stop, released by the host."""
