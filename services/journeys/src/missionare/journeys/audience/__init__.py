"""Who may read what: sets of readers."""
