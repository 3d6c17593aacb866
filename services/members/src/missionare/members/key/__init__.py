"""API keys: how programs sign in, and the command line."""
