"""Reviews: the second pair of eyes, bound to exactly the content that was read."""
