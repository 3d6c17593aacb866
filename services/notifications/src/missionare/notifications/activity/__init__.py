"""Activities: what a missionary does at home."""
