"""Goals that wait for a coach."""
