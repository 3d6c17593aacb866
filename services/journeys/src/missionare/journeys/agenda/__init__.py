"""What of journeys waits for the agency."""
