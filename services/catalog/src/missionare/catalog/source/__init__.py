"""What other services offer: released insights and shared goals, kept from facts."""
