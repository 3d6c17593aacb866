"""Everything journeys consists of, wired in one place."""

from __future__ import annotations

from missionare.journeys import events, handlers, jobs
from missionare.journeys.agenda import api as agenda_api
from missionare.journeys.announcement import api as announcement_api
from missionare.journeys.attendance import api as attendance_api
from missionare.journeys.certificate import api as certificate_api
from missionare.journeys.certificate.store import Certificates
from missionare.journeys.completion.store import Settlements
from missionare.journeys.consequence import api as consequence_api
from missionare.journeys.consequence import handlers as consequence_handlers
from missionare.journeys.consequence.views import Consequences
from missionare.journeys.desk import api as desk_api
from missionare.journeys.host import api as host_api
from missionare.journeys.insight import api as insight_api
from missionare.journeys.insight.store import Insights
from missionare.journeys.interest import api as interest_api
from missionare.journeys.interest.store import Interests
from missionare.journeys.journey import api as journey_api
from missionare.journeys.journey.store import Journeys
from missionare.journeys.organisation.views import Hosts
from missionare.journeys.participant.store import Participants
from missionare.journeys.plan import api as plan_api
from missionare.journeys.programme import api as programme_api
from missionare.journeys.programme.views import FreeSeats, Programme
from missionare.journeys.registration import api as registration_api
from missionare.journeys.registration.store import Registrations
from missionare.journeys.seat.store import SeatLedgers
from missionare.journeys.settings import JourneysSettings
from missionare.journeys.thread import api as thread_api
from missionare.journeys.thread import handlers as thread_handlers
from missionare.journeys.thread.views import ThreadEdges, ThreadNodes
from missionare.journeys.visit import api as visit_api
from missionare.kit.service import Service


def build(settings: JourneysSettings) -> Service:
    """Give the service as it runs with these settings."""
    return Service(
        name="journeys",
        settings=settings,
        facts=events,
        stores=(Journeys, SeatLedgers, Registrations, Participants, Insights, Interests, Certificates, Settlements),
        views=(Hosts, Programme, FreeSeats, Consequences, ThreadNodes, ThreadEdges),
        routes=(
            journey_api.routes,
            announcement_api.routes,
            plan_api.routes,
            programme_api.routes,
            interest_api.routes,
            visit_api.routes,
            registration_api.routes,
            attendance_api.routes,
            insight_api.routes,
            certificate_api.routes,
            consequence_api.routes,
            thread_api.routes,
            agenda_api.counts,
            agenda_api.figures,
            agenda_api.routes,
            insight_api.internal,
        ),
        links=(host_api.links, desk_api.links),
        handlers=(handlers.handlers, consequence_handlers.handlers, thread_handlers.handlers),
        timers=jobs.timers,
    )
