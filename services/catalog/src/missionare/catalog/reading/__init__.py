"""Reading: how everybody finds what is published, by words and by facets, and reads it."""
