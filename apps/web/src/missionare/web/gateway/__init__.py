"""The gateway's own refusals, worded by the pages."""
