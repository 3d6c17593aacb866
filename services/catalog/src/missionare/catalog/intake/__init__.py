"""Intake: a file of entries becomes drafts under review; nothing of it is public before somebody else approved it."""
