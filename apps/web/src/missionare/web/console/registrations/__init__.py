"""Registrations, waiting lists and who was there."""
