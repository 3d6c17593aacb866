"""Outreach: the plan a missionary is offered after a journey."""
