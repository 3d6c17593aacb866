"""Sessions: signing in by mailed link or password, and what the gateway is told."""
