"""Announcements: a journey that everybody may read of while its days and hosts are open."""
