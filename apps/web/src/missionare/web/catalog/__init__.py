"""The catalog as everybody reads it."""
