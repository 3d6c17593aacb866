"""Pages of the platform, and the words with which the gateway refuses. Owns no data."""
