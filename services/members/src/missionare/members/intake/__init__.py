"""Intake: organisations and people from an agency's spreadsheet."""
