"""Pages and console."""
