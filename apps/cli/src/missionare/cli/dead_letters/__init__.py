"""`missionare dead-letters`: what a service has set aside, looked at and decided about through the gateway."""
