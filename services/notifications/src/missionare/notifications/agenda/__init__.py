"""What of notifications waits for the agency."""
