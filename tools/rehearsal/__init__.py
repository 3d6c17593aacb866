"""`make rehearse-compose`: the compose file, really run."""
