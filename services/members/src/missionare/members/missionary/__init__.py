"""Missionaries: those who bring home from a journey what they saw, and tell others."""
