"""The chapters of the story, in their order."""
