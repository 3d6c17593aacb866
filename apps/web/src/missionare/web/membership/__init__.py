"""Taking part: how it works, and the application of an organisation."""
