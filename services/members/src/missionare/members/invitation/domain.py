"""Invitations: from a missionary's activity to a new member."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from missionare.kit.aggregates import Aggregate, Transitions, check_move
from missionare.kit.facts import Fact
from missionare.kit.refusals import NotFound, Refusal, Text
from missionare.members.events import InvitationAccepted, InvitationExpired, InvitationIssued, InvitationRevoked

LIFETIME = timedelta(days=30)


class InvitationState(StrEnum):
    """What became of an invitation."""

    ISSUED = "issued"
    ACCEPTED = "accepted"
    EXPIRED = "expired"
    REVOKED = "revoked"


ALLOWED: Transitions[InvitationState] = {
    InvitationState.ISSUED: frozenset(
        {
            InvitationState.ACCEPTED,
            InvitationState.EXPIRED,
            InvitationState.REVOKED,
        }
    ),
    InvitationState.ACCEPTED: frozenset(),
    InvitationState.EXPIRED: frozenset(),
    InvitationState.REVOKED: frozenset(),
}


class Reply(BaseModel):
    """Who filled in the form of the invitation; it counts once they have proved their address."""

    model_config = ConfigDict(frozen=True)

    person_id: str
    organisation_id: str
    replied_at: datetime


class Invitation(Aggregate):
    """One invitation."""

    activity_id: str
    issuer_person_id: str
    expires_at: datetime
    state: InvitationState = InvitationState.ISSUED
    reply: Reply | None = None


Decided = tuple[Invitation, list[Fact]]


class InvitationUnknown(NotFound):
    """There is no such invitation, or it is not the caller's to see."""

    text: ClassVar[Text] = {
        "de": "Diese Einladung gibt es nicht, oder sie ist für Sie nicht einsehbar. Prüfen Sie die Kennung.",
        "en": "This invitation does not exist, or you may not see it. Check the id.",
    }


class ActivityUnknown(Refusal):
    """An invitation names an outreach activity of its issuer, and word of this one may still be on its way."""

    title: ClassVar[Text] = {"de": "Transferaktivität nicht bekannt", "en": "Outreach activity not known"}
    text: ClassVar[Text] = {
        "de": "Diese Transferaktivität ist hier nicht als Ihre verzeichnet. Wurde sie gerade erst geplant, "
        "versuchen Sie es in einigen Sekunden noch einmal.",
        "en": "This outreach activity is not listed as yours here. If it was planned a moment ago, try again in a "
        "few seconds.",
    }


class InvitationOver(Refusal):
    """The invitation was used, taken back or has expired."""

    status = 410
    title: ClassVar[Text] = {"de": "Einladung nicht mehr gültig", "en": "Invitation no longer valid"}
    text: ClassVar[Text] = {
        "de": "Diese Einladung gilt nicht mehr. Bitten Sie die Person, von der Sie den Link haben, um einen neuen.",
        "en": "This invitation is no longer valid. Ask the person who gave you the link for a new one.",
    }


class OwnInvitation(Refusal):
    """An invitation is for somebody else."""

    title: ClassVar[Text] = {"de": "Ihre eigene Einladung", "en": "Your own invitation"}
    text: ClassVar[Text] = {
        "de": "Diese Einladung haben Sie selbst ausgestellt. Geben Sie den Link an jemanden weiter, der neu dazukommt.",
        "en": "You issued this invitation yourself. Pass the link on to somebody who is new.",
    }


def issue(*, invitation_id: str, activity_id: str, issuer_person_id: str, now: datetime) -> Decided:
    """Make an invitation that its issuer passes on by hand."""
    invitation = Invitation(
        id=invitation_id, activity_id=activity_id, issuer_person_id=issuer_person_id, expires_at=now + LIFETIME
    )
    fact = InvitationIssued(
        invitation_id=invitation_id,
        activity_id=activity_id,
        issuer_person_id=issuer_person_id,
        expires_at=invitation.expires_at,
    )
    return invitation, [fact]


def check_open(invitation: Invitation, now: datetime) -> None:
    """Let an invitation pass that somebody may still reply to.

    Raises:
        InvitationOver: it was used, taken back or has expired.
    """
    if invitation.state is not InvitationState.ISSUED or now >= invitation.expires_at or invitation.reply is not None:
        raise InvitationOver


def reply(invitation: Invitation, *, person_id: str, organisation_id: str, now: datetime) -> Decided:
    """Note who filled in the form. No fact tells of it: the address may be anybody's."""
    check_open(invitation, now)
    if person_id == invitation.issuer_person_id:
        raise OwnInvitation
    given = Reply(person_id=person_id, organisation_id=organisation_id, replied_at=now)
    return invitation.changed(reply=given), []


def accept(invitation: Invitation) -> Decided:
    """Close the loop: who replied has proved their address."""
    check_move(ALLOWED, "Invitation", invitation.state, InvitationState.ACCEPTED)
    if invitation.reply is None:
        raise InvitationOver
    fact = InvitationAccepted(
        invitation_id=invitation.id,
        activity_id=invitation.activity_id,
        issuer_person_id=invitation.issuer_person_id,
        person_id=invitation.reply.person_id,
        organisation_id=invitation.reply.organisation_id,
    )
    return invitation.changed(state=InvitationState.ACCEPTED), [fact]


def expire(invitation: Invitation) -> Decided:
    """End an unused invitation; one that has ended otherwise stays as it is."""
    if invitation.state is not InvitationState.ISSUED:
        return invitation, []
    check_move(ALLOWED, "Invitation", invitation.state, InvitationState.EXPIRED)
    return invitation.changed(state=InvitationState.EXPIRED), [InvitationExpired(invitation_id=invitation.id)]


def revoke(invitation: Invitation) -> Decided:
    """Take an invitation back."""
    check_move(ALLOWED, "Invitation", invitation.state, InvitationState.REVOKED)
    return invitation.changed(state=InvitationState.REVOKED), [InvitationRevoked(invitation_id=invitation.id)]
