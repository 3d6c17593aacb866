"""Signing in by a mailed link, and signing out."""
