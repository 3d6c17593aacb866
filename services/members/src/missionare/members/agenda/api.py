"""The route of the agency's agenda: what waits in members, counted."""

from __future__ import annotations

from missionare.kit.agenda import Question, agenda_routes, figure_routes
from missionare.members.api import STAFF
from missionare.members.enquiry.domain import EnquiryKind, EnquiryState
from missionare.members.enquiry.store import Enquiries
from missionare.members.goal.domain import GoalState
from missionare.members.goal.store import Goals
from missionare.members.key.domain import KeyState
from missionare.members.key.store import ApiKeys
from missionare.members.missionary.domain import MissionaryState
from missionare.members.missionary.store import Missionaries
from missionare.members.organisation.domain import OrganisationState
from missionare.members.organisation.store import Organisations
from missionare.members.role.domain import RoleChangeState
from missionare.members.role.store import RoleChanges

OPEN = {"state": EnquiryState.OPEN.value}

routes = agenda_routes(
    "members",
    STAFF,
    [
        Question("organisations_to_decide", Organisations, {"state": OrganisationState.APPLIED.value}),
        Question("organisations_to_activate", Organisations, {"state": OrganisationState.ADMITTED.value}),
        Question("goals_to_agree", Goals, {"state": GoalState.SUBMITTED.value}),
        Question("barriers_to_answer", Enquiries, {**OPEN, "kind": EnquiryKind.BARRIER.value}, "received_at"),
        Question("messages_to_answer", Enquiries, {**OPEN, "kind": EnquiryKind.MESSAGE.value}, "received_at"),
        Question("role_changes_to_confirm", RoleChanges, {"state": RoleChangeState.REQUESTED.value}, "requested_at"),
        Question("keys_to_confirm", ApiKeys, {"state": KeyState.REQUESTED.value}),
    ],
)

figures = figure_routes(
    "members",
    STAFF,
    [
        Question("organisations_active", Organisations, {"state": OrganisationState.ACTIVE.value}),
        Question("missionaries_returned", Missionaries, {"state": MissionaryState.RETURNED.value}),
        Question("missionaries_active", Missionaries, {"state": MissionaryState.ACTIVE.value}),
    ],
)
