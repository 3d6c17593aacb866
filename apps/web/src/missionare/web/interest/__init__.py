"""Interest in journeys that are announced."""
