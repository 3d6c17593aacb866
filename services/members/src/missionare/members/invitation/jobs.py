"""The end of invitations that nobody has used."""

from __future__ import annotations

from missionare.kit.store import Scope
from missionare.kit.timers import Due
from missionare.kit.work import Work
from missionare.members.invitation import domain
from missionare.members.invitation.store import Invitations

EVERYTHING = Scope.system("a timer acts on nobody's behalf")


async def on_invitation_expiry(timer: Due, work: Work) -> None:
    """End an invitation; one that has ended otherwise is left alone."""
    invitations = work.store(Invitations)
    expired, facts = domain.expire(await invitations.get(timer.subject, EVERYTHING))
    if facts:
        work.save(invitations, expired, facts)
    else:
        work.ignored("the invitation has ended already")
