"""Benchmarks: what the platform costs, as ratios against floors that do the same durable work without it.

`make bench` runs them all; `docs/benchmarks.md` says how to read the table.
"""
