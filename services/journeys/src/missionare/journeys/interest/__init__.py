"""Interest: who would come along on a journey that is announced."""
