"""A missionary is offered one plan per journey, which grows with the catalog until it is answered."""

from __future__ import annotations

import asyncio

import pytest
from notifications.network import API, Network


async def test_whoever_qualifies_is_offered_a_plan_and_told_of_it(network: Network):
    await network.tell(network.qualified("p1"))

    plan = await network.plan("p1")
    assert plan["state"] == "drafted"
    assert len(plan["proposals"]) == 3
    assert network.mailbox.to("p1@example.org") == ["Ein Vorschlag: So geben Sie weiter, was Sie gelernt haben"]
    [fact] = await network.facts("OutreachPlanDrafted")
    assert fact == {
        "outreach_plan_id": plan["id"],
        "missionary_id": "m-p1",
        "person_id": "p1",
        "journey_id": "j1",
        "goal_id": "g1",
        "activities": 3,
        "questions": [],
    }


async def test_qualifying_twice_for_a_journey_makes_one_plan(network: Network):
    await network.tell(network.qualified("p1"), network.qualified("p1"))

    assert len(await network.facts("OutreachPlanDrafted")) == 1
    assert len(network.mailbox.mails) == 1


async def test_another_journey_makes_another_plan(network: Network):
    await network.tell(network.qualified("p1", "j1"), network.qualified("p1", "j2"))

    assert len(await network.items("outreach-plans", network.as_person("p1"))) == 2


async def test_the_same_fact_delivered_at_once_by_several_ways_has_one_effect(network: Network):
    fact = network.qualified("p1")

    await asyncio.gather(*(network.consumer.batch([fact]) for _ in range(8)))
    await network.settle()

    assert len(await network.facts("OutreachPlanDrafted")) == 1
    assert len(network.mailbox.mails) == 1


async def test_many_missionaries_of_one_journey_at_once_each_get_one_plan(network: Network):
    people = [f"crowd-{n}" for n in range(12)]
    for person in people:
        network.knows(person)

    await asyncio.gather(*(network.consumer.batch([network.qualified(person)]) for person in people))
    await network.settle()

    assert len(await network.facts("OutreachPlanDrafted")) == 12
    assert sorted(str(mail["To"]) for mail in network.mailbox.mails) == sorted(
        f"Kim Klee <{person}@example.org>" for person in people
    )
    assert await network.parked() == 0


async def test_missionaries_who_qualify_together_share_one_transaction(
    network: Network, monkeypatch: pytest.MonkeyPatch
):
    people = [f"crowd-{n}" for n in range(12)]
    for person in people:
        network.knows(person)
    commits, commit = [], network.context.database.transaction

    async def counted(steps):
        commits.append(steps)
        return await commit(steps)

    monkeypatch.setattr(network.context.database, "transaction", counted)
    await network.consumer.batch([network.qualified(person) for person in people])

    assert len(commits) == 1
    await network.settle()
    assert len(await network.facts("OutreachPlanDrafted")) == len(people)
    assert len(network.mailbox.mails) == len(people)
    process = await network.context.database["post_journeys"].find_one({"_id": "j1"})
    assert process["state"] == "outreach_running"


async def test_a_question_published_later_enters_the_plan_that_waits(network: Network):
    await network.tell(network.qualified("p1"), network.published("q1", "data"), network.published("q2", "sales"))

    assert (await network.plan())["questions"] == ["q1"]
    drafted = await network.facts("OutreachPlanDrafted")
    assert [fact["questions"] for fact in drafted] == [[], ["q1"]]
    assert len(network.mailbox.mails) == 1, "a fresh question is no reason for another mail"


async def test_questions_known_before_stand_in_the_first_draft(network: Network):
    await network.tell(network.published("q1", "data", "people"), network.qualified("p1"))

    assert (await network.plan())["questions"] == ["q1"]
    assert len(await network.facts("OutreachPlanDrafted")) == 1


async def test_a_question_that_went_into_another_one_leaves_the_plans_that_wait(network: Network):
    await network.tell(network.published("q1", "data", "people"), network.published("q2", "data"))
    await network.tell(network.qualified("p1", topics=["data", "people"]), network.qualified("p2"))
    kept = {activity["question_id"] for activity in await network.accept("p2")}

    await network.tell(network.merged("q1", "q2"), network.qualified("p3", topics=["people"]))

    assert kept == {"q1", "q2"}
    assert (await network.plan("p1"))["questions"] == ["q2"]
    assert (await network.plan("p2"))["questions"] == ["q2", "q1"], "what was promised stays as it was promised"
    assert (await network.plan("p3"))["questions"] == []


async def test_what_is_no_question_enters_no_plan(network: Network):
    await network.tell(network.qualified("p1"), network.published("e1", "data", kind="best_practice"))

    assert (await network.plan())["questions"] == []


async def test_a_plan_missed_by_a_question_of_the_same_moment_is_freshened_soon_after(network: Network):
    await network.tell(network.qualified("p1"))
    # The question's handler looked for plans before this one was there.
    row = {"_id": "q1", "topics": ["data"], "published_at": network.clock.now()}
    await network.context.database["published_questions"].insert_one(row)

    network.clock.move(minutes=3)
    await network.settle()

    assert (await network.plan())["questions"] == ["q1"]


async def test_a_plan_fits_the_role_of_the_person_whenever_it_becomes_known(network: Network):
    await network.tell(
        network.affiliated("p1", "employee_representation"),
        network.qualified("p1", topics=["people"]),
        network.qualified("p2", topics=["people"]),
        network.affiliated("p2", "employee_representation"),
    )

    first, second = await network.plan("p1"), await network.plan("p2")
    assert first["proposals"] == second["proposals"]
    assert {"staff_meeting", "one_to_one"} <= {proposal["kind"] for proposal in first["proposals"]}


async def test_a_function_that_has_ended_counts_no_more(network: Network):
    ended = {"affiliation_id": "aff-p1", "person_id": "p1", "organisation_id": "o1"}
    await network.tell(
        network.affiliated("p1", "management"),
        network.fact("members.AffiliationEnded", "affiliation", **ended),
        network.qualified("p1", topics=[]),
        network.qualified("p2", topics=[]),
    )

    assert (await network.plan("p1"))["proposals"] == (await network.plan("p2"))["proposals"]


async def test_accepting_makes_three_activities_with_a_task_each(network: Network):
    await network.tell(network.published("q1", "data"), network.qualified("p1"))

    activities = await network.accept("p1")

    tasks = await network.items("follow-up-tasks", network.as_person("p1"))
    assert [activity["state"] for activity in activities] == ["planned"] * 3
    assert {activity["question_id"] for activity in activities} == {"q1"}
    assert {task["outreach_activity_id"] for task in tasks} == {activity["id"] for activity in activities}
    assert sorted(task["due_on"] for task in tasks) == [activity["due_on"] for activity in activities]
    assert len(await network.facts("OutreachPlanAccepted")) == 1
    assert len(await network.facts("OutreachActivityPlanned")) == 3
    assert len(await network.facts("FollowUpTaskOpened")) == 3


async def test_an_accepted_plan_stays_as_it_was_accepted(network: Network):
    await network.tell(network.qualified("p1"))
    await network.accept("p1")

    await network.tell(network.published("q1", "data"))

    plan = await network.plan()
    assert (plan["state"], plan["questions"]) == ("accepted", [])


async def test_accepting_and_a_fresh_question_at_once_never_lose_either(network: Network):
    await network.tell(network.qualified("p1"))
    plan, who = await network.plan(), network.as_person("p1")

    answers = await asyncio.gather(
        *(
            who.post(f"{API}/outreach-plans/{plan['id']}/acceptance", match=plan["version"])
            if n % 2
            else network.consumer.batch([network.published(f"q{n}", "data")])
            for n in range(8)
        )
    )
    await network.settle()

    accepted = [answer for answer in answers if answer is not None and answer.status_code == 200]
    assert len(await network.facts("OutreachPlanAccepted")) == len(accepted)
    assert len(accepted) <= 1
    assert len(await network.facts("OutreachActivityPlanned")) == 3 * len(accepted)
    assert await network.parked() == 0


async def test_declining_ends_it_without_another_word(network: Network):
    await network.tell(network.qualified("p1"))
    plan, who = await network.plan(), network.as_person("p1")

    answer = await who.post(f"{API}/outreach-plans/{plan['id']}/refusal", match=plan["version"])
    await network.pass_days(60)

    assert answer.json()["state"] == "declined"
    assert len(network.mailbox.mails) == 1
    assert len(await network.facts("OutreachPlanDeclined")) == 1


async def test_a_plan_that_nobody_answers_is_brought_to_mind_once_and_lapses_quietly(network: Network):
    await network.tell(network.qualified("p1"))

    await network.pass_days(13.5)
    assert len(network.mailbox.mails) == 1
    await network.pass_days(1)
    assert network.mailbox.subjects[1:] == ["Erinnerung: Ihr Vorschlag zum Weitergeben wartet"]
    await network.pass_days(60)

    assert len(network.mailbox.mails) == 2
    assert (await network.plan())["state"] == "lapsed"
    assert len(await network.facts("OutreachPlanLapsed")) == 1


async def test_whoever_is_reminded_late_still_has_two_weeks(network: Network):
    await network.tell(network.qualified("p1"))
    network.clock.move(days=40)
    await network.settle()

    assert (await network.plan())["state"] == "drafted"
    await network.pass_days(14.5)
    assert (await network.plan())["state"] == "lapsed"


async def test_a_question_that_changes_its_topics_leaves_the_plans_it_no_longer_fits(network: Network):
    await network.tell(network.qualified("p1"), network.published("q1", "data"))
    assert (await network.plan())["questions"] == ["q1"]

    await network.tell(network.published("q1", "sales"))

    assert (await network.plan())["questions"] == []
