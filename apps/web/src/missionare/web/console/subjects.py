"""The console's subjects, for the wiring."""

from __future__ import annotations

from typing import Final

from missionare.web.console.completion import pages as completion
from missionare.web.console.completion import threads
from missionare.web.console.enquiries import pages as enquiries
from missionare.web.console.finding import pages as finding
from missionare.web.console.goals import pages as goals
from missionare.web.console.impact import pages as impact
from missionare.web.console.journeys import announcing, planning
from missionare.web.console.journeys import pages as journeys
from missionare.web.console.register import correcting, entering, intake, roles
from missionare.web.console.register import pages as register
from missionare.web.console.registrations import pages as registrations
from missionare.web.console.registrations import releases
from missionare.web.console.technik import dead_letters, keys, mails, trail, webhooks
from missionare.web.console.technik import pages as technik
from missionare.web.console.today import pages as today
from missionare.web.console.workshop import drafts, merging, reviews, suggestions
from missionare.web.routing import Pages

SUBJECTS: Final[tuple[Pages, ...]] = (
    today.pages,
    finding.pages,
    # Before the journeys: "new" is no journey's id.
    planning.pages,
    announcing.pages,
    journeys.pages,
    completion.pages,
    threads.pages,
    registrations.pages,
    releases.pages,
    goals.pages,
    # Before the register: "import" is no organisation's id.
    intake.pages,
    register.pages,
    # Before the people: "new" is no person's id.
    entering.pages,
    roles.pages,
    correcting.pages,
    enquiries.pages,
    reviews.pages,
    suggestions.pages,
    # Before the drafts: "merge" is not among the things that they do to one.
    merging.pages,
    drafts.pages,
    impact.pages,
    technik.pages,
    dead_letters.pages,
    mails.pages,
    keys.pages,
    webhooks.pages,
    trail.pages,
)
