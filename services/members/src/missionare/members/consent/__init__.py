"""Consents: what people agree to beyond taking part, with the exact words, and their way back."""
