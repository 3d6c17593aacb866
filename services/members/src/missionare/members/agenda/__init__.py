"""What of members waits for the agency."""
