"""Enquiries: kept until the agency has answered, and then without what was written."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from missionare.kit.aggregates import Aggregate, Transitions, check_move
from missionare.kit.refusals import NotFound, Text


class EnquiryKind(StrEnum):
    """What somebody writes about."""

    MESSAGE = "message"
    BARRIER = "barrier"
    """Something that cannot be read, used or understood; an answer is due within two weeks."""


class EnquiryState(StrEnum):
    """Where an enquiry stands."""

    OPEN = "open"
    ANSWERED = "answered"


ALLOWED: Transitions[EnquiryState] = {
    EnquiryState.OPEN: frozenset({EnquiryState.ANSWERED}),
    EnquiryState.ANSWERED: frozenset(),
}


class Enquiry(Aggregate):
    """One message to the agency."""

    kind: EnquiryKind
    text: str | None
    about: str | None
    """The page it concerns."""
    reply_to: str | None
    received_at: datetime
    state: EnquiryState = EnquiryState.OPEN
    answered_at: datetime | None = None


class EnquiryUnknown(NotFound):
    """There is no such enquiry."""

    title: ClassVar[Text] = {"de": "Nachricht nicht gefunden", "en": "Enquiry not found"}


def answer(enquiry: Enquiry, *, now: datetime) -> Enquiry:
    """Note that it was answered. Text and address have served their purpose and are not kept.

    Raises:
        WrongState: it was answered already.
    """
    check_move(ALLOWED, {"de": "Nachricht", "en": "Enquiry"}, enquiry.state, EnquiryState.ANSWERED)
    return enquiry.changed(state=EnquiryState.ANSWERED, answered_at=now, text=None, reply_to=None)
