"""Open events: which facts readers outside may see, and in what form each of them sees them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import partial
from typing import Annotated, Any, ClassVar, Final

from pydantic import BaseModel, ConfigDict

from missionare.kit.facts import Audience
from missionare.kit.refusals import Invalid, Text

OPEN: Final[Mapping[str, Audience]] = {
    "catalog.catalog_edition_published.v1": Audience.PUBLIC,
    "catalog.entries_merged.v1": Audience.PUBLIC,
    "catalog.entry_published.v1": Audience.PUBLIC,
    "journeys.insight_redacted.v1": Audience.PUBLIC,
    "journeys.insight_released.v1": Audience.PUBLIC,
    "journeys.journey_cancelled.v1": Audience.PUBLIC,
    "journeys.journey_completed.v1": Audience.NETWORK,
    "journeys.journey_published.v1": Audience.PUBLIC,
    "journeys.journey_started.v1": Audience.PUBLIC,
    "journeys.registration_closed.v1": Audience.PUBLIC,
    "journeys.registration_opened.v1": Audience.PUBLIC,
    "members.missionary_qualified.v1": Audience.NETWORK,
    "members.organisation_activated.v1": Audience.NETWORK,
}
"""Every type of fact that readers outside may ever see, with its widest readers, as its owner declares them."""

EVENTS_ARRIVED: Final = "events_arrived"
"""Name of the job that looks whom there is something for. Kept in the database and never changed."""
SOURCE: Final = "/missionare/"
MARK: Final = "person"
Person = Annotated[str, MARK]
"""An id that stands for a human being: it leaves the platform only as a reference of one integration's own."""


class Subject(StrEnum):
    """What can be taken back from readers outside, with everything that names it."""

    EDITION = "edition"
    ENTRY = "entry"
    INSIGHT = "insight"
    JOURNEY = "journey"
    MISSIONARY = "missionary"
    ORGANISATION = "organisation"
    PERSON = "person"
    STOP = "stop"


class OpenEvent(BaseModel):
    """A fact as it is kept for readers outside: of its fields only those that are for them."""

    model_config = ConfigDict(frozen=True)

    id: str
    """The fact's own; the same by every way out, so that a reader knows it again."""
    position: int = 0
    """In the order in which events became open, so that none comes later and stands earlier; 0 until it is open."""
    type: str
    source: str
    aggregate: str
    subject: str
    time: datetime
    audience: Audience
    data: dict[str, Any]
    people: tuple[str, ...] = ()
    """The fields of `data` that stand for human beings."""

    @property
    def key(self) -> str:
        """What its record on the topic is known by: its subject, unless that is a human being."""
        return self.id if f"{self.aggregate}_id" in self.people else self.subject

    @property
    def names(self) -> list[str]:
        """Everything it tells of, as `kind:id`: by any of them it can be taken back.

        The kind is the last word before `_id`: `into_entry_id` names an entry as `entry_id` does.
        """
        ids = [(name.split("_")[-2], value) for name, value in self.data.items() if name.endswith("_id") and value]
        return sorted({f"{kind}:{value}" for kind, value in ids})


Refer = Callable[[str, str], str]
"""Gives the name of somebody, from the kind of id and the id."""


@dataclass(frozen=True)
class Client:
    """Whoever reads: an integration of one organisation, or anybody."""

    id: str | None = None
    audiences: tuple[Audience, ...] = (Audience.PUBLIC,)

    @classmethod
    def integration(cls, id: str) -> Client:  # noqa: A002 - the field is called id everywhere
        """Give an integration of the network, which has references of its own."""
        return cls(id, (Audience.NETWORK, Audience.PUBLIC))

    def refer(self, secret: Secret) -> Refer | None:
        """Give what makes this client's names of human beings; nobody in particular has none."""
        return None if self.id is None else partial(secret.reference, self.id)


@dataclass(frozen=True)
class Secret:
    """What references, cursors and signatures are made with. Each use has a key of its own."""

    value: bytes

    def key(self, use: str) -> bytes:
        """Derive the key of one use: whoever learns one of them can tell nothing of the others."""
        return hmac.digest(self.value, use.encode(), "sha256")

    def reference(self, client: str, kind: str, id: str) -> str:  # noqa: A002 - as above
        """Give the name under which one integration knows somebody; no two share it, and nobody can turn it back."""
        made = hmac.digest(self.key("reference"), f"{client}|{kind}|{id}".encode(), "sha256")
        return f"ref_{base64.b32encode(made)[:26].decode().lower()}"


@dataclass(frozen=True)
class Choice:
    """Which events somebody wants, and may see: the types, and the readers they are open to."""

    audiences: tuple[Audience, ...]
    types: tuple[str, ...] = ()
    """Empty means all of them."""
    since: date | None = None

    @property
    def wanted(self) -> list[str]:
        """The types by name, so that a page costs the same whichever they are."""
        return sorted(set(self.types)) or sorted(OPEN)

    @property
    def fingerprint(self) -> str:
        """Tell this choice from every other; the order in which it was made says nothing."""
        told = [sorted(self.audiences), self.wanted, self.since.isoformat() if self.since else None]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:12]

    def cursor(self, position: int, secret: Secret) -> str:
        """Give the signed cursor of what comes behind a position."""
        place = f"{position}-{self.fingerprint}"
        return f"{place}-{_seal(place, secret)}"

    def behind(self, cursor: str, secret: Secret) -> int:
        """Read a cursor.

        Raises:
            CursorNotGenuine: it was never given out.
            CursorOfAnotherChoice: it was given out for other types, another beginning or other readers.
        """
        place, _, seal = cursor.rpartition("-")
        position, _, fingerprint = place.partition("-")
        if not hmac.compare_digest(seal.encode(), _seal(place, secret).encode()):
            raise CursorNotGenuine
        if fingerprint != self.fingerprint:
            raise CursorOfAnotherChoice
        return int(position)


class CursorNotGenuine(Invalid):
    """The cursor is none of ours: cut off, mistyped, or made by somebody else."""

    field: ClassVar[str] = "cursor"
    title: ClassVar[Text] = {"de": "Fortsetzung nicht lesbar", "en": "Cursor not readable"}
    text: ClassVar[Text] = {
        "de": "Diese Fortsetzung („cursor“ oder Last-Event-ID) wurde hier nicht ausgegeben oder ist unvollständig.",
        "en": "This cursor (or Last-Event-ID) was not given out here, or is incomplete.",
    }
    next: ClassVar[Text] = {
        "de": "Verwenden Sie „next_cursor“ unverändert, oder beginnen Sie ohne „cursor“ mit einem Tag in „since“.",
        "en": "Use `next_cursor` unchanged, or begin without `cursor` at a day in `since`.",
    }


class CursorOfAnotherChoice(Invalid):
    """The cursor was given out for another filter, so nobody can say where it goes on here."""

    field: ClassVar[str] = "cursor"
    title: ClassVar[Text] = {"de": "Fortsetzung passt nicht", "en": "Cursor of another filter"}
    text: ClassVar[Text] = {
        "de": "Diese Fortsetzung gehört zu anderen Ereignistypen, einem anderen Anfang oder anderen Rechten.",
        "en": "This cursor belongs to other event types, another beginning or other rights.",
    }
    next: ClassVar[Text] = {
        "de": "Fragen Sie mit denselben Werten für „types“ und „since“ wie zuvor, oder beginnen Sie ohne „cursor“.",
        "en": "Ask with the same `types` and `since` as before, or begin without `cursor`.",
    }


class EventTypeUnknown(Invalid):
    """No event of this type leaves the platform."""

    field: ClassVar[str] = "types"
    title: ClassVar[Text] = {"de": "Ereignistyp unbekannt", "en": "Event type unknown"}
    text: ClassVar[Text] = {
        "de": "Ein Ereignistyp ist hier unbekannt. Es gibt: {known}",
        "en": "An event type is unknown here. There are: {known}",
    }


def chosen(types: Sequence[str]) -> tuple[str, ...]:
    """Check the types somebody wants.

    Raises:
        EventTypeUnknown: naming all there are.
    """
    if not OPEN.keys() >= set(types):
        raise EventTypeUnknown(known=", ".join(sorted(OPEN)))
    return tuple(sorted(set(types)))


def written(event: OpenEvent, refer: Refer | None) -> dict[str, Any]:
    """Give an event as somebody sees it: a CloudEvent (1.0, JSON format), the same to the byte each time.

    `refer` gives the reader's own names of human beings; without it there are none in what is told.
    """
    data = dict(event.data)
    for name in event.people:
        somebody = data.pop(name)
        if refer is not None:
            data[name] = refer(name, somebody)
    subject = data.get(f"{event.aggregate}_id")
    return {
        "specversion": "1.0",
        "id": event.id,
        "source": SOURCE + event.source,
        "type": event.type,
        **({"subject": subject} if subject else {}),
        "time": event.time.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "audience": event.audience.value,
        "data": dict(sorted(data.items())),
    }


def text(told: Mapping[str, Any]) -> str:
    """Give an event as the text that is sent and signed."""
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def _seal(place: str, secret: Secret) -> str:
    made = hmac.digest(secret.key("cursor"), place.encode(), "sha256")
    return base64.b32encode(made)[:26].decode().lower()
