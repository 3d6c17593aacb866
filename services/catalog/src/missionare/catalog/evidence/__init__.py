"""Evidence: which insight or goal an entry rests on, and who may know it."""
