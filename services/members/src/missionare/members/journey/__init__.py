"""Journeys, as far as members needs to know of them: who goes with which goal, and whether they are under way."""
