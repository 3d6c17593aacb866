"""Hosts: they answer by a mailed link, without an account."""
