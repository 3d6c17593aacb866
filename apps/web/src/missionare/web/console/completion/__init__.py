"""What a completed journey brings about, and the thread it belongs to."""
