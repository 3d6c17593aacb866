"""Finding people, organisations and journeys by their names."""
