"""Codes: identifiers in the few characters that people and addresses have room for."""
