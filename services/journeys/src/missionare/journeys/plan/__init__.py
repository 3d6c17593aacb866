"""Changing a journey that is still being planned."""
