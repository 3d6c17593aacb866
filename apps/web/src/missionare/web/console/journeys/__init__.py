"""Planning journeys and leading them."""
