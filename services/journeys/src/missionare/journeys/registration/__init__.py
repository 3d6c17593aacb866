"""Registrations: from the request to the seat, and attendance."""
