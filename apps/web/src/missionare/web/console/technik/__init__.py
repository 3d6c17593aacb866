"""Streams, facts that need attention, and the audit trail."""
