"""Journeys as everybody may see them: the list, each one, and both as feeds."""
