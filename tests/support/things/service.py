"""An imaginary service with the usual routes and links, for testing HTTP without the network's vocabulary."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar

from pydantic import Field as Constrained
from support.things import events

from missionare.kit.aggregates import Aggregate, Transitions, check_move
from missionare.kit.handlers import Handlers, Received
from missionare.kit.links import Field, Form, LinkGrant, Links, LinkToken, Page
from missionare.kit.mongo import Filter
from missionare.kit.refusals import NotFound
from missionare.kit.routes import (
    Answer,
    Body,
    Command,
    Cookie,
    Cursor,
    Done,
    Limit,
    Paged,
    Policy,
    Reader,
    Reply,
    Routes,
)
from missionare.kit.service import Service
from missionare.kit.settings import Settings
from missionare.kit.store import Index, Scope, Store
from missionare.kit.timers import Due, Timers
from missionare.kit.work import Work

REVIEWERS = Policy.roles("reviewer")
OPEN_THINGS = Scope.system("the link proves it")


class State(StrEnum):
    NEW = "new"
    APPROVED = "approved"


ALLOWED: Transitions[State] = {State.NEW: frozenset({State.APPROVED}), State.APPROVED: frozenset()}


class Thing(Aggregate):
    owner_id: str
    name: str
    size: int
    made_at: datetime
    state: State = State.NEW
    counter: int = 0

    def approved(self) -> Thing:
        check_move(ALLOWED, f"Thing {self.id}", self.state, State.APPROVED)
        return self.changed(state=State.APPROVED)


class ThingUnknown(NotFound):
    """There is no such thing."""


class Things(Store[Thing]):
    collection = "things"
    aggregate = "thing"
    model = Thing
    unknown: ClassVar[type[NotFound]] = ThingUnknown
    indexes = (Index("owner", ["owner_id"]),)

    def within(self, scope: Scope) -> Filter:
        caller = scope.caller
        if caller is None or caller.has("reviewer"):
            return {}
        return {"owner_id": caller.person_id}


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class ThingDraft(Body):
    name: str = Constrained(min_length=1, max_length=40)
    size: int = Constrained(ge=0)
    due_on: date | None = None
    colour: Colour | None = None


class ThingView(Answer):
    id: str
    version: int
    name: str
    size: int
    state: State
    counter: int
    made_at: datetime

    @classmethod
    def of(cls, thing: Thing, _scope: Scope) -> ThingView:
        return cls.model_validate(thing, from_attributes=True)


class Counted(Answer):
    things: int


routes = Routes("things")
internal = Routes("things", internal=True)


@routes.get("/things", policy=Policy.signed_in(), answers=Paged[ThingView])
async def list_things(reader: Reader, cursor: Cursor = None, limit: Limit = 50) -> Paged[ThingView]:
    """Things of the caller."""
    page = await reader.store(Things).page({}, reader.scope, cursor=cursor, limit=limit)
    return Paged[ThingView].of(page, ThingView, reader.scope)


@routes.get("/things/{thing_id}", policy=Policy.signed_in(), answers=ThingView)
async def read_thing(thing_id: str, reader: Reader) -> ThingView:
    """One thing."""
    return ThingView.of(await reader.store(Things).get(thing_id, reader.scope), reader.scope)


@routes.post("/things", policy=Policy.signed_in(), shows=(Things, ThingView), status=201, on_behalf=REVIEWERS)
async def make_thing(body: ThingDraft, command: Command) -> Done:
    """Make a thing."""
    owner = command.on_behalf.subject_id if command.on_behalf else command.caller.id
    thing = Thing(id=command.new_id(), owner_id=owner, name=body.name, size=body.size, made_at=command.now)
    command.save(command.store(Things), thing, [events.ThingMade(thing_id=thing.id)])
    return command.done(thing.id)


@routes.post("/things/{thing_id}/approval", policy=REVIEWERS, shows=(Things, ThingView), changes=True)
async def approve_thing(thing_id: str, command: Command) -> Done:
    """Approve a thing."""
    things = command.store(Things)
    thing = await things.get(thing_id, command.scope)
    command.match(thing)
    command.save(things, thing.approved(), [events.ThingApproved(thing_id=thing_id, by=command.caller.id)])
    return command.done(thing_id)


@routes.post("/things/{thing_id}/count", policy=Policy.signed_in(), shows=(Things, ThingView))
async def count_thing(thing_id: str, command: Command) -> Done:
    """Count one more; everybody changes the same thing."""
    things = command.store(Things)
    thing = await things.get(thing_id, OPEN_THINGS)
    command.save(things, thing.changed(counter=thing.counter + 1))
    return command.done(thing_id)


@routes.post("/things/{thing_id}/forgetful", policy=REVIEWERS, changes=True)
async def change_without_matching(thing_id: str, command: Command) -> Done:
    """A route whose author forgot command.match."""
    return command.done(thing_id)


async def show_count(_object_id: str, reader: Reader) -> Counted:
    return Counted(things=await reader.store(Things).count({}, reader.scope))


@routes.post("/counts", policy=Policy.signed_in(), shows=show_count)
async def ask_count(command: Command) -> Done:
    """A command whose result is no aggregate."""
    return command.done("counted")


@routes.post("/sessions", policy=Policy.public(), answers=Counted, once=False)
async def begin_session(command: Command) -> Reply:
    """Answers with a cookie."""
    return Reply(Counted(things=0), headers={"X-Extra": "1"}, cookies=[Cookie("session", command.new_id())])


@routes.get("/broken", policy=Policy.public())
async def fail(reader: Reader) -> Answer:
    """Fails with what somebody typed."""
    msg = f"secret {reader.caller.id}"
    raise RuntimeError(msg)


@internal.get("/things/{thing_id}", policy=Policy.services("friend"), answers=ThingView)
async def read_thing_for_friend(thing_id: str, reader: Reader) -> ThingView:
    """One thing, for a friendly service."""
    return ThingView.of(await reader.store(Things).get(thing_id, OPEN_THINGS), reader.scope)


links = Links(fetched_by=["friend"])


@links.page("approval")
async def show_approval(link: LinkToken, reader: Reader) -> Page:
    thing = await reader.store(Things).get(link.subject, OPEN_THINGS)
    note = Field("note", "Bemerkung", kind="textarea", required=False)
    form = Form("approve", "Zusagen", [note], version=thing.version)
    return Page(f"Sache <{thing.name}>", [f"Stand: {thing.state.value}"], [form])


@links.act("approval", "approve", changes=True)
async def approve_by_link(link: LinkToken, form: dict[str, str], command: Command) -> Page:
    things = command.store(Things)
    thing = await things.get(link.subject, OPEN_THINGS)
    command.match(thing)
    command.save(things, thing.approved(), [events.ThingApproved(thing_id=thing.id, by=link.holder or "nobody")])
    return Page("Danke", [f"Bemerkung: {form['note']}"])


@links.issues("approval")
async def grant_approval(subject: str, command: Command) -> LinkGrant:
    thing = await command.store(Things).get(subject, OPEN_THINGS)
    return LinkGrant(command.now + timedelta(days=14), holder=thing.owner_id)


@links.renews("approval")
async def renew_approval(link: LinkToken, command: Command) -> Page:
    command.schedule("mail", link.subject, at=command.now)
    return Page("Unterwegs", ["Ein neuer Link ist unterwegs."])


@links.page("entry", single_use=True)
async def show_entry(link: LinkToken, _reader: Reader) -> Page:
    return Page("Eintreten", [], [Form("enter", "Eintreten")])


@links.act("entry", "enter")
async def enter(link: LinkToken, _form: dict[str, str], command: Command) -> Page:
    return Page("", redirect="/", cookies=[Cookie("session", link.subject)])


@links.issues("entry")
async def grant_entry(_subject: str, command: Command) -> LinkGrant:
    return LinkGrant(command.now + timedelta(minutes=15), single_use=True)


handlers = Handlers(consumer="things")
timers = Timers()


class BoxOpened(Received, source="boxes", aggregate="box"):
    box_id: str
    by: str


@handlers.on(BoxOpened)
async def on_box_opened(fact: BoxOpened, work: Work) -> None:
    thing = Thing(id=work.new_id(), owner_id=fact.by, name=fact.box_id, size=0, made_at=work.now)
    work.save(work.store(Things), thing, [events.ThingMade(thing_id=thing.id)])
    work.schedule("approve", thing.id, at=work.now + timedelta(days=1))


@timers.on("approve")
async def on_approval_due(timer: Due, work: Work) -> None:
    things = work.store(Things)
    thing = await things.get(timer.subject, OPEN_THINGS)
    work.save(things, thing.approved(), [events.ThingApproved(thing_id=thing.id, by="nobody")])


@timers.on("mail")
async def on_mail_due(_timer: Due, _work: Work) -> None:
    """Nothing is mailed here."""


def build(settings: Settings, **more: Any) -> Service:
    return Service(
        **{
            "name": "things",
            "settings": settings,
            "facts": events,
            "stores": (Things,),
            "routes": (routes, internal),
            "links": (links,),
            "handlers": (handlers,),
            "timers": timers,
            **more,
        }
    )
