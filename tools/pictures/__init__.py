"""`make pictures`: the pictures of the documentation, taken of the running platform."""
