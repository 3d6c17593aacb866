"""Webhooks: open events sent to an address of an integration, signed, until it has taken them."""
