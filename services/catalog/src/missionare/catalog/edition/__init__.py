"""Editions: what a completed journey proposes for the catalog, and the frozen list it became."""
