"""Suggestions: what a source might become in the catalog, for an editor to decide."""
