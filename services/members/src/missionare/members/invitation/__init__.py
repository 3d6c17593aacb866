"""Invitations: links that a missionary passes on. The platform itself mails nobody who has not asked."""
