"""What a public body owes its readers: who answers, how data are handled, how barriers are reported, plain language."""
