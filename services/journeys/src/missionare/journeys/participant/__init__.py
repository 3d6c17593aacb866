"""Participants: what journeys knows of a person."""
