"""Working days of the region."""
