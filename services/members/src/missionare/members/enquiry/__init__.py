"""Enquiries: what people without an account write to the agency."""
