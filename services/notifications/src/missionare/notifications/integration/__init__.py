"""Open events: what readers outside the platform may see of its facts."""
