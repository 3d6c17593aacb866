"""Follow-up: one task per activity, which reminds once and closes itself."""
