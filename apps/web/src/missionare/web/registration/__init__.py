"""Registration: a seat and the goal that travels along, asked for in one form, and what becomes of the request."""
