"""Organisations and people, and taking them in from a spreadsheet."""
