"""Journeys: planning, the course, the end."""
