"""What programs can rely on: the services' addresses and facts, shown from the contracts that are committed."""
