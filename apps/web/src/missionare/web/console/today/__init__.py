"""What waits for whoever looks."""
