"""Which fact becomes which mail to whom: the table that the README shows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from notifications.network import Network

CANCELLED = "Die Lernreise findet nicht statt"


def until(network: Network) -> str:
    return (network.clock.now() + timedelta(days=2)).isoformat()


MAILS: dict[str, tuple[Any, str, str]] = {
    "a goal is agreed": (
        lambda network: [network.fact("members.GoalAgreed", "goal", goal_id="g1", person_id="p1")],
        "p1",
        "Ihr Ziel ist vereinbart",
    ),
    "a goal comes back": (
        lambda network: [network.fact("members.GoalReturned", "goal", goal_id="g1", person_id="p1")],
        "p1",
        "Ihr Ziel ist mit einem Hinweis zurück bei Ihnen",
    ),
    "a goal is to be assessed": (
        lambda network: [
            network.fact(
                "members.GoalAssessmentRequested",
                "goal",
                goal_id="g1",
                person_id="p1",
                journey_id="j1",
                occasion="end",
            )
        ],
        "p1",
        "Was ist aus Ihrem Ziel geworden?",
    ),
    "a host is asked": (
        lambda network: [network.journey("HostRequested", stop_id="s1", organisation_id="host")],
        "host",
        "Dürfen wir Sie mit einer Lernreise besuchen?",
    ),
    "a host wants a new link to the desk": (
        lambda network: [
            network.journey("HostLinkRequested", stop_id="s1", organisation_id="host", opens="release_desk")
        ],
        "host",
        "Bitte um Freigabe: Erkenntnisse aus dem Besuch bei Ihnen",
    ),
    "a host wants a new link to the visit": (
        lambda network: [
            network.journey("HostLinkRequested", stop_id="s1", organisation_id="host", opens="host_visit")
        ],
        "host",
        "Dürfen wir Sie mit einer Lernreise besuchen?",
    ),
    "a seat is certain": (
        lambda network: [network.registration("Requested"), network.registration("Confirmed")],
        "p1",
        "Ihr Platz auf der Lernreise ist fest",
    ),
    "a seat waits for a goal": (
        lambda network: [network.registration("AwaitingGoal", until_at=until(network))],
        "p1",
        "Ihr Platz ist vorgemerkt, es fehlt noch Ihr Ziel",
    ),
    "no seat is free": (
        lambda network: [network.registration("Waitlisted")],
        "p1",
        "Sie stehen auf der Warteliste der Lernreise",
    ),
    "a seat is offered": (
        lambda network: [network.registration("SeatOffered", until_at=until(network))],
        "p1",
        "Ein Platz auf der Lernreise ist für Sie frei",
    ),
    "an offer has ended": (
        lambda network: [network.registration("SeatOfferExpired")],
        "p1",
        "Ihr Platzangebot ist abgelaufen",
    ),
    "insights wait for release": (
        lambda network: [network.release_requested("i1")],
        "host",
        "Bitte um Freigabe: Erkenntnisse aus dem Besuch bei Ihnen",
    ),
    "insights still wait for release": (
        lambda network: [network.release_reminded("i1")],
        "host",
        "Erinnerung: Erkenntnisse aus dem Besuch bei Ihnen warten",
    ),
    "a certificate is issued": (
        lambda network: [
            network.fact(
                "journeys.CertificateIssued",
                "certificate",
                certificate_id="c1",
                registration_id="r1",
                journey_id="j1",
                person_id="p1",
            )
        ],
        "p1",
        "Ihre Teilnahmebescheinigung liegt bereit",
    ),
    "somebody qualifies": (
        lambda network: [network.qualified("p1")],
        "p1",
        "Ein Vorschlag: So geben Sie weiter, was Sie gelernt haben",
    ),
}


@pytest.mark.parametrize("happening", list(MAILS))
async def test_one_mail_to_the_one_whom_it_concerns(network: Network, happening):
    facts, someone, subject = MAILS[happening]

    await network.tell(*facts(network))

    assert [(str(mail["Subject"]), str(mail["To"])) for mail in network.mailbox.mails] == [
        (subject, f"Kim Klee <{someone}@example.org>")
    ]
    assert await network.parked() == 0


async def test_what_nobody_needs_a_mail_for_makes_none(network: Network):
    await network.tell(
        network.registration("Requested"),
        network.registration("Cancelled"),
        network.registration("Requested", "p2"),
        network.registration("SeatOfferDeclined", "p2"),
        network.journey("JourneyPublished", starts_at="2027-03-12T08:00:00Z", ends_at="2027-03-12T16:00:00Z"),
        network.journey("HostConfirmed", stop_id="s1", organisation_id="host"),
        network.journey("JourneyCompleted"),
    )

    assert network.mailbox.mails == []
    assert await network.parked() == 0


async def test_a_deadline_that_pauses_and_runs_on_is_told_once(network: Network):
    await network.tell(
        network.registration("AwaitingGoal", until_at=until(network)),
        network.registration("AwaitingGoal", until_at=None),
        network.registration("AwaitingGoal", until_at=until(network)),
    )

    assert len(network.mailbox.mails) == 1


async def test_the_days_of_a_published_journey_are_named(network: Network):
    days = {"starts_at": "2027-03-12T07:00:00Z", "ends_at": "2027-03-12T16:00:00Z"}
    await network.tell(network.journey("JourneyPublished", **days), network.registration("Confirmed"))

    body = network.mailbox.mails[0].get_body(("plain",))
    assert body is not None
    assert "Lernreise am 12. März 2027" in " ".join(body.get_content().split())


# --- an announced journey ---------------------------------------------------------------------------------------------

DAYS = {"starts_at": "2027-03-12T07:00:00Z", "ends_at": "2027-03-12T16:00:00Z"}
SETTLED = "Die Lernreise, die Sie interessiert, steht fest"


def interest(network: Network, what: str, person: str):
    told = {"interest_id": f"interest-of-{person}", "journey_id": "j1", "person_id": person, "organisation_id": "o1"}
    return network.fact(f"journeys.Interest{what}", "interest", **told)


async def test_whoever_is_interested_hears_once_that_the_journey_is_settled(network: Network):
    network.knows("p2")
    await network.tell(
        interest(network, "Stated", "p1"), interest(network, "Stated", "p2"), interest(network, "Withdrawn", "p2")
    )
    assert network.mailbox.mails == []

    await network.tell(network.journey("JourneyPublished", **DAYS))
    await network.pass_days(1)

    [mail] = network.mailbox.mails
    assert (str(mail["To"]), str(mail["Subject"])) == ("Kim Klee <p1@example.org>", SETTLED)
    assert any(word.endswith("/journeys/j1") for word in mail.get_body(("plain",)).get_content().split())


async def test_an_interest_that_becomes_known_after_the_publication_is_answered_too(network: Network):
    await network.tell(network.journey("JourneyPublished", **DAYS), interest(network, "Stated", "p1"))

    await network.pass_days(1)

    assert network.mailbox.to("p1@example.org") == [SETTLED]


async def test_a_withdrawal_in_the_last_moment_stops_the_mail(network: Network):
    await network.tell(interest(network, "Stated", "p1"))
    await network.consumer.batch([network.journey("JourneyPublished", **DAYS)])
    [publication] = await network.due()
    await network.fire(publication)
    assert len(await network.due()) == 1, "the mail is queued"

    await network.tell(interest(network, "Withdrawn", "p1"))

    assert network.mailbox.mails == []


# --- a cancelled journey ---------------------------------------------------------------------------------------------


async def test_a_cancellation_reaches_everybody_it_takes_something_from_once(network: Network):
    for someone in ("left", "waiting"):
        network.knows(someone)
    await network.tell(
        network.journey("HostRequested", stop_id="s1", organisation_id="host"),
        network.journey("HostRequested", stop_id="s2", organisation_id="host"),
        network.journey("HostRequested", stop_id="s3", organisation_id="refuser"),
        network.journey("HostDeclined", stop_id="s3", organisation_id="refuser"),
        network.registration("Requested", "p1"),
        network.registration("Requested", "left"),
        network.registration("Cancelled", "left"),
        network.registration("Requested", "waiting"),
    )
    network.mailbox.mails.clear()

    await network.tell(network.journey("JourneyCancelled", revision=1))
    await network.pass_days(1)

    told = sorted((str(mail["To"]), str(mail["Subject"])) for mail in network.mailbox.mails)
    assert told == [
        ("Kim Klee <host@example.org>", "Der Besuch der Lernreise bei Ihnen entfällt"),
        ("Kim Klee <p1@example.org>", CANCELLED),
        ("Kim Klee <waiting@example.org>", CANCELLED),
    ]


@pytest.mark.parametrize("order", ["journey first", "registration first"])
async def test_whoever_loses_the_seat_by_the_cancellation_itself_is_told_in_any_order(network: Network, order):
    await network.tell(network.registration("Requested", "p1"), network.registration("Requested", "p2"))
    await network.tell(network.registration("Cancelled", "p2"))
    cancelled = network.journey("JourneyCancelled", revision=1, chain="one-command")
    lost = network.registration("Withdrawn", "p1", chain="one-command")

    await network.tell(*([cancelled, lost] if order == "journey first" else [lost, cancelled]))

    assert network.mailbox.to("p1@example.org") == [CANCELLED]
    assert network.mailbox.to("p2@example.org") == []


async def test_a_request_that_becomes_known_after_the_cancellation_is_told_too(network: Network):
    await network.tell(network.journey("JourneyCancelled", revision=1))
    await network.tell(network.registration("Requested", "p1"))

    await network.pass_days(1)

    assert network.mailbox.to("p1@example.org") == [CANCELLED]
