"""Every page that is looked at. A new page is one line here."""

from __future__ import annotations

from typing import Final

PAGES: Final = (
    "/",
    "/journeys",
    "/journeys/past",
    "/journeys/{open}",
    "/journeys/{full}",
    "/journeys/{announced}",
    "/journeys/{open}/register",
    "/journeys/{full}/register",
    "/journeys/{open}/register/sent",
    "/host/links/{request}",
    "/host/links/{desk}",
    "/catalog",
    "/catalog?kind=question&q=Schichtplan",
    "/catalog?q=nirgends",
    "/catalog/{entry}",
    "/catalog/{entry}/versions/1",
    "/certificates",
    "/certificates/AAAA-BBBB",
    "/join",
    "/join/apply",
    "/join/received",
    "/sign-in",
    "/sign-in/sent",
    "/contact",
    "/contact/received",
    "/imprint",
    "/privacy",
    "/accessibility",
    "/accessibility/report",
    "/plain-language",
    "/docs",
    "/docs/api/members",
    "/docs/api/members/edit_goal",
    "/docs/facts/journeys",
    "/docs/facts/journeys/journey_completed.v1",
    "/nowhere",
)
OWN: Final = (
    "/me",
    "/me/goals",
    "/me/goals/new",
    "/me/goals/{draft}",
    "/me/goals/{draft}/edit",
    "/me/goals/{returned}",
    "/me/goals/{agreed}",
    "/me/goals/{agreed}/sharing",
    "/me/goals/{agreed}/review",
    "/me/registrations",
    "/me/registrations/{offered}",
    "/me/registrations/{waiting}",
    "/me/registrations/{travelling}",
    "/me/insights",
    "/me/journeys/{under_way}/stops/{stop}",
    "/me/outreach",
    "/me/outreach/{activity}",
    "/me/consents",
    "/missionaries",
)
"""Pages of one person, and the one on which they are named."""
LOOKED_AT_BY: Final = {"/me": "member"}
"""Who looks at the pages below an address; at all others a visitor does."""
LANGUAGES: Final = ("", "/en")
