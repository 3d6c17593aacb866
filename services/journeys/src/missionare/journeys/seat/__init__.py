"""Seats: the ledger, and to whom a free seat passes."""
