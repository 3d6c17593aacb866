"""What of the catalog waits for its workshop."""
