"""What members does by itself: mail sign-in links, end invitations, follow journeys, some places at a time."""

from __future__ import annotations

from functools import partial

from missionare.kit.timers import Timers
from missionare.members.invitation.jobs import on_invitation_expiry
from missionare.members.invitation.store import INVITATION_EXPIRY
from missionare.members.journey.jobs import on_journey_turn
from missionare.members.journey.store import JOURNEY_TURN
from missionare.members.session.jobs import on_sign_in_mail
from missionare.members.session.store import SIGN_IN_MAIL
from missionare.members.settings import MembersSettings


def timers(settings: MembersSettings) -> Timers:
    """Give the table of timers; mailing needs the settings of the mail server."""
    return Timers(
        {
            SIGN_IN_MAIL: partial(on_sign_in_mail, settings),
            INVITATION_EXPIRY: on_invitation_expiry,
            JOURNEY_TURN: on_journey_turn,
        }
    )
