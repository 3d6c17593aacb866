"""The link by which a host answers a request: GET shows it, POST says yes or no."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Final, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict
from pydantic import Field as Constraint

from missionare.journeys.api import filled_in
from missionare.journeys.audience.api import LABELS, options
from missionare.journeys.events import Audience
from missionare.journeys.host.domain import ADDRESS, named_by
from missionare.journeys.insight.domain import HOST_CHOICES
from missionare.journeys.insight.store import Insights
from missionare.journeys.journey.domain import Decided, Journey
from missionare.journeys.journey.store import Journeys
from missionare.journeys.organisation.views import Hosts
from missionare.journeys.stop.api import HostTermsView
from missionare.journeys.stop.domain import HostTerms, PhotoPolicy, Stop, StopState, StopUnknown
from missionare.journeys.visit import domain
from missionare.kit.aggregates import Aggregate
from missionare.kit.answers import Answer
from missionare.kit.callers import Language
from missionare.kit.links import Field, Form, LinkGrant, Links, LinkToken, Page
from missionare.kit.refusals import Text
from missionare.kit.routes import Command, Reader
from missionare.kit.store import Scope

links = Links(fetched_by=["notifications"])

HOST_VISIT: Final = "host_visit"
HOST: Final = Scope.system("the link proves the host of this stop")

_WORDS: Final[Mapping[str, Text]] = {
    "title": {"de": "Besuch einer Lernreise", "en": "Visit of a learning journey"},
    "journey": {"de": "Lernreise", "en": "Journey"},
    "stop": {"de": "Station", "en": "Stop"},
    "site": {"de": "Treffpunkt", "en": "Meeting point"},
    "time": {"de": "Zeit", "en": "Time"},
    "group": {"de": "Größe der Gruppe, höchstens", "en": "Size of the group, at most"},
    "capacity": {"de": "Wie viele Gäste können höchstens kommen?", "en": "How many guests may come at most?"},
    "audience": {
        "de": "Wer darf Erkenntnisse von Ihrem Betrieb in der Regel lesen?",
        "en": "Who may usually read insights from your company?",
    },
    "release": {
        "de": "Möchten Sie jede Erkenntnis sehen, bevor andere als die Reisegruppe sie lesen?",
        "en": "Do you want to see each insight before anybody but the group reads it?",
    },
    "release_hint": {
        "de": "Wenn Sie sich dann nicht melden, wird nichts freigegeben.",
        "en": "If you do not answer then, nothing is released.",
    },
    "photos": {"de": "Fotos", "en": "Photographs"},
    "accept": {"de": "Zusage senden", "en": "Accept"},
    "reason": {"de": "Grund der Absage", "en": "Why it is not possible"},
    "decline": {"de": "Absage senden", "en": "Decline"},
    "renewed": {"de": "Ein neuer Link ist unterwegs", "en": "A new link is on its way"},
    "sent": {
        "de": "Er geht an die Adresse, die wir von Ihrem Betrieb kennen.",
        "en": "It goes to the address that we know of your company.",
    },
}
_PHOTOS: Final[Mapping[PhotoPolicy, Text]] = {
    PhotoPolicy.NONE: {"de": "keine", "en": "none"},
    PhotoPolicy.ON_REQUEST: {"de": "nur nach Rückfrage", "en": "only when asked"},
    PhotoPolicy.ALLOWED: {"de": "erlaubt", "en": "allowed"},
}
_YES_NO: Final[Mapping[bool, Text]] = {True: {"de": "ja", "en": "yes"}, False: {"de": "nein", "en": "no"}}
_STANDING: Final[Mapping[StopState, Text]] = {
    StopState.PLANNED: {
        "de": "Zurzeit bitten wir Sie nicht um diesen Besuch. Wenn sich etwas ändert, rufen Sie bitte die Agentur an.",
        "en": "At present you are not asked for this visit. If anything changes, please call the agency.",
    },
    StopState.HOST_REQUESTED: {
        "de": "Guten Tag, eine Lernreise möchte Sie besuchen. Bitte sagen Sie zu oder ab, auch ohne Konto.",
        "en": "Good day, a learning journey would like to visit you. Please accept or decline; you need no account.",
    },
    StopState.HOST_CONFIRMED: {
        "de": "Vielen Dank, Ihre Zusage ist eingetragen. Wenn sich etwas ändert, rufen Sie bitte die Agentur an.",
        "en": "Thank you, your answer is recorded. If anything changes, please call the agency.",
    },
    StopState.VISITED: {"de": "Die Gruppe war bei Ihnen. Vielen Dank!", "en": "The group was with you. Thank you!"},
    StopState.SKIPPED: {
        "de": "Die Gruppe hat diese Station leider nicht erreicht.",
        "en": "Unfortunately the group did not get to this stop.",
    },
    StopState.CANCELLED: {"de": "Dieser Besuch entfällt.", "en": "This visit does not take place."},
}


class VisitTold(Answer):
    """A request to a host, for the pages that show it."""

    purpose: Literal["host_visit"] = HOST_VISIT
    version: int
    """Of the stop, for the answer."""
    journey: str
    stop: str
    site: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    group: int
    state: StopState
    capacity: int
    """What was planned for, at most."""
    choices: tuple[Audience, ...]
    terms: HostTermsView | None

    @classmethod
    def of(cls, journey: Journey, stop: Stop) -> Self:
        """Tell it."""
        return cls(
            version=stop.edition,
            journey=journey.title,
            stop=stop.title,
            group=journey.capacity,
            zone=journey.zone,
            choices=HOST_CHOICES,
            terms=HostTermsView(**stop.terms.model_dump()) if stop.terms else None,
            **stop.model_dump(include={"site", "starts_at", "ends_at", "state", "capacity"}),
        )


class HostYes(BaseModel):
    """What a host agrees to, as the form sends it; what it leaves out is decided for the host's protection."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    capacity: Annotated[int, Constraint(ge=1, le=10_000)]
    audience: Audience = Audience.JOURNEY_GROUP
    release_required: bool = True
    photos: PhotoPolicy = PhotoPolicy.NONE


class HostNo(BaseModel):
    """A host's no, as the form sends it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reason: Annotated[str, Constraint(max_length=1_000)] = ""


@links.issues(HOST_VISIT, address=ADDRESS)
async def grant_host_visit(subject: str, command: Command) -> LinkGrant:
    """Let a host open the request until the visit begins."""
    _, stop = await visited_by(subject, command)
    contact = await command.store(Hosts).contact_of(stop.organisation_id)
    return LinkGrant(expires_at=stop.starts_at, holder=contact)


@links.page(HOST_VISIT)
async def show_host_visit(link: LinkToken, reader: Reader) -> Page:
    """Show the request, or what has become of it."""
    journey, stop = await visited_by(link.subject, reader)
    return _page(journey, stop, reader.language)


@links.act(HOST_VISIT, "confirm", changes=True)
async def confirm_host_visit(link: LinkToken, form: dict[str, str], command: Command) -> Page:
    """Take the host's yes, with what the host agrees to."""
    terms = HostTerms.model_validate(filled_in(HostYes, form).model_dump())
    return await _answer(link, command, lambda journey, stop: domain.confirm_host(journey, stop.id, terms))


@links.act(HOST_VISIT, "decline", changes=True)
async def decline_host_visit(link: LinkToken, form: dict[str, str], command: Command) -> Page:
    """Take the host's no."""
    reason = filled_in(HostNo, form).reason.strip()
    return await _answer(link, command, lambda journey, stop: domain.decline_host(journey, stop.id, reason))


@links.renews(HOST_VISIT)
async def renew_host_visit(link: LinkToken, command: Command) -> Page:
    """Have a new link sent to the host's known address, to what there is to open now."""
    return await renewed(link, command)


async def renewed(link: LinkToken, command: Command) -> Page:
    """Have a new link sent in the place of an expired one.

    Raises:
        NothingToOpen: the visit is over, and no insight waits.
    """
    journey, stop = await visited_by(link.subject, command)
    waits_until = await command.store(Insights).desk_closes_at(journey.id, stop.id)
    asked = domain.ask_for_link(journey, stop.id, waits_until=waits_until, now=command.now)
    command.save(command.store(Journeys), *asked)
    return Page(_WORDS["renewed"][command.language], [_WORDS["sent"][command.language]])


async def visited_by(subject: str, reader: Reader | Command) -> tuple[Journey, Stop]:
    """Give the journey and stop that a host's link is about.

    Raises:
        StopUnknown: there is no such stop.
    """
    journey_id, stop_id = named_by(subject)
    journey = await reader.store(Journeys).find(journey_id, HOST)
    if journey is None:
        raise StopUnknown
    return journey, journey.stop(stop_id)


async def _answer(link: LinkToken, command: Command, decide: Callable[[Journey, Stop], Decided]) -> Page:
    journey, stop = await visited_by(link.subject, command)
    # The page is outdated by what happened at this stop, not by what happened at others.
    command.match(Aggregate(id=stop.id, version=stop.edition))
    changed, facts = decide(journey, stop)
    command.save(command.store(Journeys), changed, facts)
    return _page(changed, changed.stop(stop.id), command.language)


def _page(journey: Journey, stop: Stop, language: Language) -> Page:
    begins, ends = (at.astimezone(ZoneInfo(journey.zone)) for at in (stop.starts_at, stop.ends_at))
    details = {
        "journey": journey.title,
        "stop": stop.title,
        "site": stop.site,
        "time": f"{begins:%d.%m.%Y %H:%M} - {ends:%H:%M}",
        "group": str(journey.capacity),
        **(_agreed(stop.terms, language) if stop.terms else {}),
    }
    waits = stop.state is StopState.HOST_REQUESTED
    return Page(
        title=_WORDS["title"][language],
        paragraphs=[_STANDING[stop.state][language]],
        details=[(_WORDS[name][language], value) for name, value in details.items()],
        forms=[_yes(stop, language), _no(stop, language)] if waits else [],
        told=VisitTold.of(journey, stop),
    )


def _agreed(terms: HostTerms, language: Language) -> dict[str, str]:
    return {
        "capacity": str(terms.capacity),
        "audience": LABELS[terms.audience][language],
        "release": _YES_NO[terms.release_required][language],
        "photos": _PHOTOS[terms.photos][language],
    }


def _yes(stop: Stop, language: Language) -> Form:
    said = {name: text[language] for name, text in _WORDS.items()}
    photos = tuple((policy.value, text[language]) for policy, text in _PHOTOS.items())
    answers = tuple(("yes" if answer else "no", text[language]) for answer, text in _YES_NO.items())
    fields = (
        Field("capacity", said["capacity"], kind="number", value=str(stop.capacity)),
        Field("audience", said["audience"], kind="select", options=options(HOST_CHOICES, language)),
        Field(
            "release_required", said["release"], kind="select", value="yes", hint=said["release_hint"], options=answers
        ),
        Field("photos", said["photos"], kind="select", value=PhotoPolicy.NONE.value, options=photos),
    )
    return Form("confirm", said["accept"], fields, version=stop.edition)


def _no(stop: Stop, language: Language) -> Form:
    reason = Field("reason", _WORDS["reason"][language], kind="textarea", required=False, longest=1_000)
    return Form("decline", _WORDS["decline"][language], (reason,), version=stop.edition)
