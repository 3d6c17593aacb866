"""Everything members consists of, wired in one place."""

from __future__ import annotations

from missionare.kit.service import Service
from missionare.members import events, handlers, jobs
from missionare.members.affiliation import api as affiliation_api
from missionare.members.affiliation.store import Affiliations
from missionare.members.agenda import api as agenda_api
from missionare.members.audit import api as audit_api
from missionare.members.audit.views import AuditTrail
from missionare.members.consent import api as consent_api
from missionare.members.consent.store import Consents
from missionare.members.enquiry import api as enquiry_api
from missionare.members.enquiry.store import Enquiries
from missionare.members.goal import api as goal_api
from missionare.members.goal.store import Goals
from missionare.members.intake import api as intake_api
from missionare.members.intake.store import Imports
from missionare.members.invitation import api as invitation_api
from missionare.members.invitation.store import Invitations
from missionare.members.invitation.views import Activities
from missionare.members.journey.store import Runs
from missionare.members.journey.views import Places
from missionare.members.key import api as key_api
from missionare.members.key.store import ApiKeys
from missionare.members.missionary import api as missionary_api
from missionare.members.missionary.store import Missionaries
from missionare.members.organisation import api as organisation_api
from missionare.members.organisation.store import Organisations
from missionare.members.password import api as password_api
from missionare.members.password.store import Passwords
from missionare.members.person import api as person_api
from missionare.members.person.store import People
from missionare.members.role import api as role_api
from missionare.members.role.store import RoleChanges
from missionare.members.session import api as session_api
from missionare.members.session.store import Sessions, Tries
from missionare.members.settings import MembersSettings


def build(settings: MembersSettings) -> Service:
    """Give the service as it runs with these settings."""
    return Service(
        name="members",
        settings=settings,
        facts=events,
        stores=(
            *(Organisations, People, Affiliations, RoleChanges, ApiKeys, Sessions),
            *(Goals, Missionaries, Invitations, Runs, Imports, Enquiries, Consents),
        ),
        views=(Activities, Places, Passwords, Tries, AuditTrail),
        routes=(
            *(session_api.routes, session_api.internal, password_api.routes),
            *(person_api.routes, person_api.internal, role_api.routes, key_api.routes, key_api.internal),
            *(organisation_api.routes, affiliation_api.routes, intake_api.routes),
            *(goal_api.routes, goal_api.internal, missionary_api.routes, invitation_api.routes),
            *(enquiry_api.routes, consent_api.routes, audit_api.routes, agenda_api.routes, agenda_api.figures),
        ),
        links=(session_api.links, invitation_api.links),
        handlers=(handlers.handlers,),
        timers=jobs.timers(settings),
    )
