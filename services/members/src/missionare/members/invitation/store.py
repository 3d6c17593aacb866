"""Invitations, of those who pass them on and of those who replied."""

from __future__ import annotations

from typing import Final

from missionare.kit.mongo import Filter
from missionare.kit.store import NOTHING, Index, Scope, Store
from missionare.members.invitation.domain import Invitation, InvitationState, InvitationUnknown

INVITATION_EXPIRY: Final = "invitation_expiry"
"""Name of the timer that ends an invitation."""


class Invitations(Store[Invitation]):
    """Every invitation; the link itself is a token of kit's with the purpose `invitation`."""

    collection = "invitations"
    aggregate = "invitation"
    model = Invitation
    unknown = InvitationUnknown
    indexes = (Index("issuer", ["issuer_person_id", "_id"]), Index("reply", ["reply.person_id", "state"]))

    def within(self, scope: Scope) -> Filter:
        """Show all to operators, and anybody else what they issued."""
        caller = scope.caller
        if caller is None or caller.has("operator"):
            return {}
        return {"issuer_person_id": caller.person_id} if caller.person_id else NOTHING

    async def replied_to_by(self, person_id: str, scope: Scope) -> list[Invitation]:
        """Give the open ones whose form somebody has filled in."""
        return await self.every({"reply.person_id": person_id, "state": InvitationState.ISSUED.value}, scope)
