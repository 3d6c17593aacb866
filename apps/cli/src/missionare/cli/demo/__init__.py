"""The region's story, played by somebody outside: over the gateway and the mailbox, as people and programs do."""
