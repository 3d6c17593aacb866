"""What the page "Heute" reads: what waits in each service, and the journeys that come next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from missionare.web.console.frame import AWAY, asked
from missionare.web.languages import N_
from missionare.web.services import Read
from missionare.web.visits import Visit


class Waiting(Read):
    """How many of a kind wait."""

    name: str
    count: int
    since: datetime | None = None


class Agenda(Read):
    """What waits in one service."""

    items: tuple[Waiting, ...]


class Consumer(Read):
    """What one consumer has set aside."""

    consumer: str
    waiting: dict[str, int]


class Streams(Read):
    """A service's streams, as far as they concern people."""

    consumers: tuple[Consumer, ...]

    @property
    def unclear(self) -> int:
        """How many facts no retry of its own will settle."""
        return sum(each.waiting.get(state, 0) for each in self.consumers for state in ("dead", "raw"))


@dataclass(frozen=True)
class Task:
    """A kind of task: the list that was counted, what is said of it, and what one does there."""

    address: str
    text: str
    act: str


TASKS: Final[Mapping[str, Task]] = {
    "registrations_to_decide": Task(
        "/console/registrations?state=pending_approval",
        N_("Die Person erfährt es sofort. Ist kein Platz frei, kommt sie auf die Warteliste."),
        N_("Entscheiden"),
    ),
    "seats_without_goal": Task(
        "/console/registrations?state=awaiting_goal",
        N_("Der Platz ist gehalten, bis das Ziel vereinbart ist oder die Frist endet."),
        N_("Ansehen"),
    ),
    "seats_offered": Task(
        "/console/registrations?state=offered",
        N_("Antwortet niemand in der Frist, geht der Platz an die nächste Person."),
        N_("Ansehen"),
    ),
    "insights_awaiting_release": Task(
        "/console/releases",
        N_("Schweigen heißt: nicht freigegeben. Ein Anruf hilft dem Betrieb, selbst zu entscheiden."),
        N_("Ansehen"),
    ),
    "organisations_to_decide": Task(
        "/console/organisations?state=applied", N_("Die Ansprechperson wartet auf eine Antwort."), N_("Entscheiden")
    ),
    "organisations_to_activate": Task(
        "/console/organisations?state=admitted",
        N_("Aufgenommen, aber noch ohne bestätigte Ansprechperson: So kann niemand mitfahren."),
        N_("Aktivieren"),
    ),
    "goals_to_agree": Task(
        "/console/goals",
        N_("Erst mit einem vereinbarten Ziel ist ein Platz sicher."),
        N_("Lesen"),
    ),
    "barriers_to_answer": Task(
        "/console/enquiries?kind=barrier", N_("Eine Antwort ist innerhalb von zwei Wochen fällig."), N_("Lesen")
    ),
    "messages_to_answer": Task(
        "/console/enquiries?kind=message", N_("Über das Kontaktformular, ohne Konto geschrieben."), N_("Lesen")
    ),
    "role_changes_to_confirm": Task(
        "/console/role-changes", N_("Eine zweite Reiseleitung bestätigt, was die erste möchte."), N_("Entscheiden")
    ),
    "keys_to_confirm": Task(
        "/console/technik/keys?state=requested",
        N_("Bis eine zweite Reiseleitung ihn bestätigt, öffnet er nichts."),
        N_("Entscheiden"),
    ),
    "reviews_to_decide": Task("/console/workshop", N_("Wer mitgeschrieben hat, prüft nicht selbst."), N_("Prüfen")),
    "suggestions_to_decide": Task(
        "/console/workshop/suggestions",
        N_("Aus freigegebenen Erkenntnissen und geteilten Zielen. Nichts wird von selbst öffentlich."),
        N_("Sichten"),
    ),
    "editions_to_publish": Task(
        "/console/workshop/editions", N_("Was eine Lernreise in den Katalog gebracht hat, als Ausgabe."), N_("Ansehen")
    ),
    "drafts_to_finish": Task(
        "/console/workshop/drafts", N_("Angefangen und noch nicht zur Prüfung gegeben."), N_("Ansehen")
    ),
    "messages_not_sent": Task(
        "/console/technik/mails?state=failed",
        N_("Die Adresse ist falsch, oder das Postfach nimmt nichts an."),
        N_("Ansehen"),
    ),
    "facts_unclear": Task(
        "/console/technik/dead-letters",
        N_("Ein Dienst konnte mit einem Ereignis nichts anfangen; was dahinter kommt, wartet."),
        N_("Ansehen"),
    ),
}
"""Every kind that is shown, by the name under which its service counts it."""
FOR_ONE_ROLE: Final = {
    "goals_to_agree": "coach",
    "role_changes_to_confirm": "operator",
    "keys_to_confirm": "operator",
}
"""Kinds whose list is for one role alone."""

SECTIONS: Final = (
    ("journeys", N_("Lernreisen"), "journeys"),
    ("members", N_("Menschen und Organisationen"), "members"),
    ("catalog", N_("Katalog"), "catalog"),
    ("notifications", N_("Mails"), "notifications"),
)
"""Name, heading and service of each part of the page."""
SERVICES: Final = ("members", "journeys", "catalog", "notifications")


@dataclass(frozen=True)
class Section:
    """One part of the page: what waits in a service, or that it does not answer."""

    name: str
    heading: str
    tasks: tuple[Waiting, ...] = ()
    away: bool = False


async def agenda(visit: Visit, name: str, heading: str, service: str) -> Section | None:
    """Ask one service what waits; None where that is for others."""
    found = await asked(visit.ask.read(Agenda, service, "/agenda"))
    if found is AWAY:
        return Section(name, visit.say(heading), away=True)
    if not isinstance(found, Agenda):
        return None
    for_others = {name for name, role in FOR_ONE_ROLE.items() if not visit.caller.has(role)}
    open_tasks = tuple(each for each in found.items if each.count and each.name in TASKS.keys() - for_others)
    return Section(name, visit.say(heading), open_tasks)


async def unclear(visit: Visit, service: str) -> int | None:
    """Count one service's facts that need a person; None where it does not answer, or that is for others."""
    found = await asked(visit.ask.read(Streams, service, "/streams"))
    return found.unclear if isinstance(found, Streams) else None
