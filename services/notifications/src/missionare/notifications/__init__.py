"""Outreach plans, activities and messages."""
