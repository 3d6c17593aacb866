"""What a completion has brought about so far: a read model."""
