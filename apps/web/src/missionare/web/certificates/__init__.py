"""Checking a certificate of attendance."""
