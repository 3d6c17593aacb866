"""What the pages' process reads from its environment."""

from __future__ import annotations

from missionare.kit.settings import ProcessSettings


class WebSettings(ProcessSettings):
    """Nothing of its own yet: address, peers and key are those of every process."""
