"""Pictures drawn from data: their numbers, without any markup."""
