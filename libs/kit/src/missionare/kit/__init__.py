"""Mechanism shared by every service; no vocabulary of the network stands here."""
