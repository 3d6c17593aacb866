"""The catalog's workshop: suggestions, drafts, reviews, editions."""
