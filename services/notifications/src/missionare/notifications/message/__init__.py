"""Messages: one mail per template, trigger and recipient."""
