"""The thread from a goal to the next person's goal: a read model."""
