"""Calendar: days and moments as people in the region live and say them."""
