"""Goals: what somebody wants to bring home from a journey, agreed before it."""
