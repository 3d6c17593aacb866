"""People: who is in the register, how they are reached, and what they are allowed as."""
