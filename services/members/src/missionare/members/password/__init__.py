"""Passwords: an optional second way in."""
