"""The programme: what lies ahead and what has been, as everybody may see it."""
