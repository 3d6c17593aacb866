"""What follows a journey: a look after 90 and after 180 days, in counts only."""
