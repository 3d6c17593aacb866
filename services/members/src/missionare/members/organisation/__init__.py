"""Organisations: companies and institutions of the network, and how they come to belong."""
