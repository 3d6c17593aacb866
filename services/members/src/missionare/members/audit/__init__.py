"""The audit trail: who did what, for whom, and why."""
