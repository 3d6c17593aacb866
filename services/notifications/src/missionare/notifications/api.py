"""Who is let in. Which of their objects they then see, the stores say."""

from __future__ import annotations

from typing import Final

from missionare.kit.routes import Policy

SIGNED_IN: Final = Policy.signed_in()
OPERATORS: Final = Policy.roles("operator")
