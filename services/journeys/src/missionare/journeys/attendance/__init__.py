"""Attendance: who was at which stop, and what that comes to."""
