"""What people wrote to the agency."""
