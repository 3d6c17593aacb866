"""Routes of enquiries: everybody may write, the agency reads and answers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from pydantic import StringConstraints

from missionare.kit.routes import Answer, Body, Command, Cursor, Done, Limit, Paged, Policy, Reader, Routes
from missionare.kit.store import Scope
from missionare.members.api import OPERATORS, Email, Line, Reference
from missionare.members.enquiry import domain
from missionare.members.enquiry.domain import Enquiry, EnquiryKind, EnquiryState
from missionare.members.enquiry.store import Enquiries

routes = Routes("members")

EVERYTHING = Scope.system("whoever wrote learns that it has arrived, and no more")
Message = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=5_000)]


class EnquiryDraft(Body):
    """What somebody writes. Nothing about the person is asked for but, if they want an answer, an address."""

    kind: EnquiryKind
    text: Message
    about: Line | None = None
    reply_to: Email | None = None


class Arrived(Answer):
    """That it has arrived."""

    id: str
    state: EnquiryState


class EnquiryView(Answer):
    """An enquiry, for the agency."""

    id: str
    version: int
    kind: EnquiryKind
    text: str | None
    about: str | None
    reply_to: str | None
    received_at: datetime
    state: EnquiryState
    answered_at: datetime | None

    @classmethod
    def of(cls, enquiry: Enquiry, scope: Scope) -> Self:
        """Show an enquiry."""
        del scope
        return cls.model_validate(enquiry.model_dump())


async def show_arrived(enquiry_id: str, reader: Reader) -> Arrived:
    """Say to whoever wrote that it has arrived."""
    enquiry = await reader.store(Enquiries).get(enquiry_id, EVERYTHING)
    return Arrived(id=enquiry.id, state=enquiry.state)


@routes.post("/enquiries", policy=Policy.public(), shows=show_arrived, status=201)
async def write_enquiry(body: EnquiryDraft, command: Command) -> Done:
    """Write to the agency, also without an account: a message, a barrier, a note on a page."""
    enquiry = Enquiry(id=command.new_id(), received_at=command.now, **dict(body))
    command.save(command.store(Enquiries), enquiry)
    return command.done(enquiry.id)


@routes.get("/enquiries", policy=OPERATORS, answers=Paged[EnquiryView])
async def list_enquiries(
    reader: Reader,
    state: EnquiryState | None = None,
    kind: EnquiryKind | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Paged[EnquiryView]:
    """List what people wrote, the first one first."""
    wanted = {"state": state, "kind": kind}
    where = {name: value.value for name, value in wanted.items() if value is not None}
    page = await reader.store(Enquiries).page(where, reader.scope, cursor=cursor, limit=limit)
    return Paged[EnquiryView].of(page, EnquiryView, reader.scope)


@routes.post("/enquiries/{enquiry_id}/answer", policy=OPERATORS, shows=(Enquiries, EnquiryView), changes=True)
async def answer_enquiry(enquiry_id: Reference, command: Command) -> Done:
    """Note that it was answered; text and address are deleted by that."""
    enquiries = command.store(Enquiries)
    enquiry = await enquiries.get(enquiry_id, command.scope)
    command.match(enquiry)
    command.save(enquiries, domain.answer(enquiry, now=command.now))
    return command.done(enquiry_id)
