"""What the region knows and asks."""
