"""The passages through all registrations of a journey: start, end, cancellation."""
