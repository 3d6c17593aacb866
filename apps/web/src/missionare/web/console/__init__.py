"""The agency's operations console: what waits, journeys, the workshop of the catalog, the register, impact, Technik."""
