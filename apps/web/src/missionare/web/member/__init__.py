"""What belongs to one person alone: goals, registrations, insights, outreach, consents, and what waits for them.

`/me` leads to all of it. The public page of the missionaries stands here, too: it shows those who consent to it.
"""

from __future__ import annotations

from typing import Final

from missionare.web.member import (
    certificates,
    consents,
    goals,
    insights,
    missionaries,
    outreach,
    overview,
    registrations,
)
from missionare.web.routing import Pages

PAGES: Final[tuple[Pages, ...]] = (
    overview.pages,
    goals.pages,
    registrations.pages,
    certificates.pages,
    insights.pages,
    outreach.pages,
    consents.pages,
    missionaries.pages,
)
