"""A region's story, lived by clicks on the whole platform: as journey lead, coach, host and two members.

One member travels with JavaScript, the other without: both come home with a plan.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

import pytest
from web.browser.screens import DESK, Screen

from missionare.cli.demo.chapters import arrival
from missionare.cli.demo.chapters.planning import BERLIN, REQUEST_SUBJECT
from missionare.cli.demo.chapters.visit import RELEASE_SUBJECT
from missionare.cli.demo.command import OPERATOR, opened
from missionare.cli.demo.narrator import Narrator
from missionare.cli.demo.region import ANNA, BERND, COACH, FIRST_HOST
from missionare.cli.demo.world import World
from missionare.cli.running import Running

pytestmark = [pytest.mark.browser, pytest.mark.platform]

TITLE = "Vom Zettel zur Meldung"
STOP = "Spritzguss mit Rückmeldung"
IN_DAYS = 5
MOMENT = "%Y-%m-%dT%H:%M"
GOALS = {
    ANNA: ("Störungen sollen ohne Zettel gemeldet werden.", "Drei von vier kommen über das Terminal."),
    BERND: ("Unsere Auftragsdaten sollen in ein System.", "Ein Angebot entsteht ohne Tabelle."),
}
NOTES = {
    ANNA: "Gemeldet wird mit einem einzigen Knopf an der Maschine.",
    BERND: "Der erste Anlauf scheiterte in der Nachtschicht.",
}


@pytest.fixture(scope="module")
def world(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The whole platform, with the people of an agency's spreadsheet."""
    del chromium
    with Running.start(tmp_path_factory.mktemp("story")) as running, closing(opened(running, Narrator())) as world:
        arrival.play(world)
        yield world


@pytest.fixture
def day(world: World) -> datetime:
    """Midnight of the day they travel, where they meet."""
    return (world.now().astimezone(BERLIN) + timedelta(days=IN_DAYS)).replace(hour=0, minute=0, second=0, microsecond=0)


def test_a_journey_is_planned_lived_and_told_at_home_by_clicks_alone(browser: Any, world: World, day: datetime) -> None:
    lead, coach = (Screen(browser, world, person, viewport=DESK) for person in (OPERATOR, COACH))
    host = Screen(browser, world, FIRST_HOST.contact)
    anna, bernd = Screen(browser, world, ANNA), Screen(browser, world, BERND, java_script_enabled=False)

    announce(lead, day)
    state_interest(bernd)
    ask_the_host(lead, day)
    agree_to_the_visit(host)
    publish(lead)
    hear_of_the_programme(bernd)
    ask_for_a_seat_before_signing_in(anna)
    ask_for_a_seat(bernd)
    agree_on_goals(coach)
    give_seats(lead)
    for member in (anna, bernd):
        member.waits_for("Platz ist fest")

    set_off(lead, day)
    for member in (anna, bernd):
        note(member)
    decide(host)
    complete(lead, day)

    for name, words in {
        "certificates_issued": "2 Teilnahmebescheinigungen",
        "missionaries_qualified": "2 Personen",
        "suggestions_raised": "1 Vorschlag",
        "outreach_plans_drafted": "2 Transferpläne",
    }.items():
        lead.page.locator(f"#log-{name}").get_by_text(words, exact=True).wait_for()
    for member in (anna, bernd):
        take_the_plan_on(member)
    lead.page.locator("#log-outreach_plans_accepted").get_by_text("2 Transferpläne", exact=True).wait_for()


def announce(lead: Screen, day: datetime) -> None:
    lead.signs_in()
    lead.follows("Agentur")
    lead.follows("Lernreisen")
    lead.follows("Lernreise planen")
    lead.fills(title=TITLE, summary="Ein Betrieb zeigt, was geholfen hat.", capacity="8")
    lead.fills(starts_at=f"{day.replace(hour=8):{MOMENT}}", ends_at=f"{day.replace(hour=18):{MOMENT}}")
    lead.chooses("Die Agentur entscheidet über jede Anfrage")
    lead.presses("Entwurf speichern")
    lead.follows("Ankündigen")
    lead.presses("Jetzt ankündigen")
    assert lead.sees("Bitte wählen Sie mindestens ein Thema")
    lead.chooses("Produktion")
    lead.presses("Jetzt ankündigen")
    assert lead.sees("angekündigt")


def state_interest(member: Screen) -> None:
    member.opens("/journeys")
    member.follows(TITLE)
    before = member.world.mailbox.newest(member.person.email)
    member.follows("Anmelden und Interesse melden")
    member.fills(email=member.person.email)
    member.presses("Link schicken")
    member.follows_the_mailed_link(before)
    member.presses("Interesse melden")


def ask_the_host(lead: Screen, day: datetime) -> None:
    lead.follows("Wer mitfahren würde")
    lead.waits_for(BERND.name)
    lead.follows(TITLE)
    lead.follows("Station planen")
    lead.fills(organisation=FIRST_HOST.name, title=STOP, site="57439 Attendorn, Tor 2")
    lead.fills(starts_at=f"{day.replace(hour=9):{MOMENT}}", ends_at=f"{day.replace(hour=11):{MOMENT}}")
    lead.chooses("Produktion")
    lead.presses("Station hinzufügen")
    lead.presses("Gastgeber fragen")
    assert lead.sees("Gastgeber gefragt")


def agree_to_the_visit(host: Screen) -> None:
    host.opens_the_mail(REQUEST_SUBJECT)
    host.fills(capacity="10", audience="Das Netzwerk: Mitglieder der Region, angemeldet")
    host.chooses("Ja, erst ich, dann die anderen")
    host.presses("Zusage senden")
    assert host.sees("Ihre Zusage ist eingetragen.")


def publish(lead: Screen) -> None:
    lead.waits_for("zugesagt")
    lead.presses("Programm veröffentlichen")
    lead.presses("Anmeldung öffnen")
    assert lead.sees("Anmeldung offen")


def hear_of_the_programme(member: Screen) -> None:
    letter = member.world.mailbox.wait_for(member.person.email, "steht fest")
    member.opens(re.search(r"https?://\S+/journeys/\S+", letter["text"]).group())  # type: ignore[union-attr]
    assert member.sees(STOP)


def ask_for_a_seat_before_signing_in(member: Screen) -> None:
    member.opens("/")
    member.presses("Menü")
    member.page.get_by_label("Hauptmenü").get_by_role("link", name="Lernreisen").click()
    member.follows(TITLE)
    member.follows("Platz anfragen")
    before = member.world.mailbox.newest(member.person.email)
    statement, sign = GOALS[member.person]
    member.fills(email=member.person.email, statement=statement, sign=sign)
    member.presses("Weiter mit einem Link per E-Mail")
    member.follows_the_mailed_link(before)
    assert member.sees("Sie sind angemeldet, und Ihr Text ist noch da.")
    send_the_request(member)


def ask_for_a_seat(member: Screen) -> None:
    member.follows("Platz anfragen")
    statement, sign = GOALS[member.person]
    member.fills(statement=statement, sign=sign)
    send_the_request(member)


def send_the_request(member: Screen) -> None:
    member.chooses("Etwas, das nicht gut läuft")
    member.presses("Platz anfragen")
    assert member.sees("Ihre Anfrage liegt bei der Reiseleitung.")


def agree_on_goals(coach: Screen) -> None:
    coach.signs_in()
    coach.opens("/console")
    coach.follows("Ziele")
    for statement, _ in GOALS.values():
        coach.waits_for(statement)
        coach.decides(statement, "Ziel vereinbaren")


def give_seats(lead: Screen) -> None:
    lead.follows("Anmeldungen und Warteliste")
    for member in (ANNA, BERND):
        lead.waits_for(member.name)
        lead.decides(member.name, "Zusagen")


def set_off(lead: Screen, day: datetime) -> None:
    lead.follows(TITLE)
    lead.presses("Anmeldung schließen")
    lead.world.pass_time_until(day.replace(hour=9), "der Reisetag ist da")
    lead.presses("Lernreise beginnen")
    lead.presses("Als besucht notieren")
    lead.follows("Anwesenheit notieren")
    lead.chooses(BERND.name)
    lead.presses("Anwesenheit speichern")
    assert lead.sees("war da")


def note(member: Screen) -> None:
    member.opens("/me")
    member.follows(f"Erkenntnis festhalten: {STOP}")
    member.fills(kind="Stolperstein", text=NOTES[member.person], topic="Produktion")
    member.fills(audience="alle, auch öffentlich")
    member.presses("Festhalten")
    member.page.get_by_text("Angekommen.").wait_for()


def decide(host: Screen) -> None:
    host.opens_the_mail(RELEASE_SUBJECT)
    for member, decision in {ANNA: "Freigeben", BERND: "Nicht freigeben"}.items():
        card = host.page.get_by_role("article").filter(has_text=NOTES[member])
        card.get_by_role("radio", name=re.compile(f"^{decision}")).check()
        card.get_by_role("button", name="Entscheidung speichern").click()
    assert host.sees("2 von 2 entschieden")


def complete(lead: Screen, day: datetime) -> None:
    lead.world.pass_time_until(day.replace(hour=18), "die Reise ist zu Ende")
    lead.follows(TITLE)
    for step in ("Besuche beenden", "Anwesenheit abschließen", "Lernreise abschließen"):
        lead.presses(step)


def take_the_plan_on(member: Screen) -> None:
    member.opens("/me")
    member.waits_for("Drei Vorschläge")
    member.follows("Drei Vorschläge")
    member.presses("Das nehme ich mir vor")
    assert member.page.get_by_role("heading", name="Vorgenommen").is_visible()
