"""Back home: a missionary accepts the plan, does something, and passes an invitation on."""

from __future__ import annotations

from functools import partial

from missionare.cli.demo.chapters.goals import Wish, agreed_goal
from missionare.cli.demo.outside import Outsider, eventually, when_possible
from missionare.cli.demo.region import ANNA, COACH, NEWCOMER
from missionare.cli.demo.world import MEMBERS, NOTIFICATIONS, SIGN_IN_SUBJECT, World

HER_GOAL = Wish(
    NEWCOMER,
    "Bei uns soll man eine Störung melden können, ohne durch die halbe Halle zu laufen.",
    ("production",),
    "challenge",
    "Nach drei Monaten melden beide Schichten auf dem neuen Weg.",
)


def play(world: World) -> None:
    """Accept, record, invite; the contact comes in by her own address and finds a goal of her own."""
    world.tell.chapter("Zu Hause geht es weiter")
    anna = world.browser_of(ANNA)
    plan = eventually(lambda: _plan_with(anna, world.ids["entry"]), "the plan with the fresh question")
    world.tell.step("notifications", "Ihr Transferplan hat die frisch veröffentlichte Frage schon aufgenommen.")
    world.ids["outreach_plan"] = plan
    anna.act(f"{NOTIFICATIONS}/outreach-plans/{plan}", "acceptance")
    world.tell.step("notifications", f"{ANNA.name} nimmt ihren Transferplan an.")
    activity = eventually(lambda: _first(anna, f"{NOTIFICATIONS}/outreach-activities"), "the planned activities")
    world.ids["outreach_activity"] = activity
    record = {"kind": "one_to_one", "done_on": world.now().date().isoformat(), "reach": 1}
    anna.act(f"{NOTIFICATIONS}/outreach-activities/{activity}", "record", record)
    world.tell.step("notifications", f"{ANNA.name} hält ein Gespräch mit einer Bekannten fest.")
    invite = partial(anna.post, f"{MEMBERS}/invitations", {"activity_id": activity})
    invitation = when_possible(invite, "members hearing of the activity")
    world.ids["invitation"] = str(invitation["id"])
    world.tell.step("members", "Sie reicht einen Einladungslink weiter. Die Plattform schreibt niemanden ungefragt an.")
    _newcomer(world, str(invitation["url"]))


def _newcomer(world: World, url: str) -> None:
    browser = Outsider(world.gateway)
    browser.send(
        browser.open(url), "accept",
        given_name=NEWCOMER.given_name, family_name=NEWCOMER.family_name, email=NEWCOMER.email,
        organisation="Sonnenhang Verpackungen GmbH", kind="company", municipality="05966028", sector="C",
        size="small", function="management", notice="yes",
    )  # fmt: skip
    link = world.mailbox.link_for(NEWCOMER.email, SIGN_IN_SUBJECT)
    browser.send(browser.open(link), "confirm")
    world.known[NEWCOMER.email] = browser
    world.tell.step("members", f"{NEWCOMER.name} trägt ihre eigene Adresse ein und bestätigt sie.")
    me = browser.get(f"{MEMBERS}/me")
    world.people[NEWCOMER.email] = str(me["person"]["id"])
    organisation = f"{MEMBERS}/organisations/{me['affiliations'][0]['organisation_id']}"
    world.agency.act(organisation, "admission")
    world.ids["newcomer_goal"] = agreed_goal(world, browser, world.browser_of(COACH), HER_GOAL)
    world.tell.step("members", f"{NEWCOMER.name} ist Mitglied, mit einem eigenen Ziel. Der Wirkungsfaden ist ganz.")


def _plan_with(browser: Outsider, question: str) -> str | None:
    """Find the plan once it holds a question: it is drafted anew as questions are published, until it is accepted."""
    plans = browser.everything(f"{NOTIFICATIONS}/outreach-plans")
    return next((str(plan["id"]) for plan in plans if question in plan["questions"]), None)


def _first(browser: Outsider, path: str) -> str | None:
    items = browser.everything(path)
    return str(items[0]["id"]) if items else None
