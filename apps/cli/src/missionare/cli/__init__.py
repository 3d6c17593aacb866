"""The command `missionare`: run, inspect and repair the platform. It owns no data and imports no service."""
