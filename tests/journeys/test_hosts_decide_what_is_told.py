from __future__ import annotations

import asyncio
from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest
from journeys.region import API, Region, ok, refused

from missionare.journeys.desk.domain import inked
from missionare.kit.testing import As

ROLES = (
    "member",
    "organisation_contact",
    "representation_chair",
    "candidate",
    "missionary",
    "host_contact",
    "partner",
    "editor",
    "reviewer",
    "coach",
    "operator",
    "auditor",
    "integration",
)


async def _noted(region: Region, **changes: object) -> tuple[dict, dict, As]:
    """Let Ada note an insight at the first stop; Ben travels along."""
    journey = await region.open(**changes.pop("journey", {}))
    (ada, seat), (ben, his) = await region.travelling(journey, "ada", "ben")
    journey = await region.depart(journey)
    stop_id = journey["stops"][0]["id"]
    ok(await ada.check_in(seat, stop_id), 201)
    ok(await ben.check_in(his, stop_id), 201)
    insight = ok(await ada.note(journey["id"], stop_id, **changes), 201)
    return journey, insight, ben.api


def _everybody_else(region: Region) -> list[As]:
    """Callers of every role who are neither in the group nor the host of the stop."""
    people = [region.platform.as_person(f"some-{role}", roles=[role], organisation_id="o9") for role in ROLES]
    colleague = region.platform.as_person("boss", roles=["organisation_contact"], organisation_id="company-of-ada")
    host = region.platform.as_person("contact-of-host-1", roles=["host_contact"], organisation_id="host-1")
    return [*people, colleague, host, region.platform.as_key("k1", roles=["integration"]), region.visitor]


async def _seen_by(caller: As, journey: dict, insight: dict) -> set[str]:
    """Ask every address that tells of insights, and give those that told of this one."""
    paths = {
        "one": f"{API}/insights/{insight['id']}",
        "all": f"{API}/insights",
        "journey": f"{API}/journeys/{journey['id']}/insights",
        "thread": f"{API}/threads/insight/{insight['id']}",
        "stop": f"{API}/threads/stop/{journey['stops'][0]['id']}",
        "consequences": f"{API}/journeys/{journey['id']}/consequences",
        "programme": f"{API}/journeys/{journey['id']}",
    }
    answers = {name: await caller.get(path) for name, path in paths.items()}
    return {name for name, answer in answers.items() if insight["id"] in answer.text or "Laufkarte" in answer.text}


async def test_what_is_noted_stays_within_the_group_until_the_host_decides(region: Region) -> None:
    journey, insight, ben = await _noted(region, audience="public")

    assert insight["state"] == "in_host_release"
    assert ok(await ben.get(f"{API}/insights/{insight['id']}"))["text"].startswith("Die Laufkarte")
    assert [item["id"] for item in ok(await ben.get(f"{API}/journeys/{journey['id']}/insights"))["items"]] == [
        insight["id"]
    ]
    for caller in _everybody_else(region):
        assert await _seen_by(caller, journey, insight) == set()


async def test_at_completion_a_silent_hosts_insight_is_seen_by_the_group_and_its_desk_alone(region: Region) -> None:
    journey, insight, ben = await _noted(region, audience="public")
    await region.finish(journey)
    await region.settle()

    for caller in _everybody_else(region):
        assert await _seen_by(caller, journey, insight) == set()
    assert (await ben.get(f"{API}/insights/{insight['id']}")).status_code == 200
    desk = await region.link("release_desk", journey["id"], journey["stops"][0]["id"])
    assert "Laufkarte" in desk.html
    other = {"purpose": "release_desk", "subject": f"{journey['id']}:{journey['stops'][1]['id']}"}
    refused(await region.notifications.post("/internal/links", other, key=""), 404, "insight_unknown")
    catalog = region.platform.as_service("catalog")
    refused(await catalog.get(f"/internal/insights/{insight['id']}"), 404, "insight_unknown")
    (completed,) = await region.facts("journey_completed")
    assert (completed["insights_released"], completed["insights_pending"]) == (0, 1)


async def test_silence_means_withheld(region: Region) -> None:
    journey, insight, ben = await _noted(region)

    await region.pass_time(days=21, seconds=1)

    (fact,) = await region.facts("insight_withheld")
    assert fact["insight_id"] == insight["id"]
    assert ok(await ben.get(f"{API}/insights/{insight['id']}"))["state"] == "withheld"
    for caller in _everybody_else(region):
        assert await _seen_by(caller, journey, insight) == set()


async def _reminder_at(region: Region, insight: dict) -> datetime | None:
    row = await region.context.database["timers"].find_one({"_id": f"insight_release_reminder:{insight['id']}"})
    return row and row["due_at"].astimezone(ZoneInfo("Europe/Berlin"))


async def _reminded(region: Region, insight: dict) -> list[int]:
    told = await region.facts("insight_release_reminded")
    return [fact["reminder"] for fact in told if fact["insight_id"] == insight["id"]]


async def test_a_silent_host_is_reminded_on_two_mornings_and_then_left_in_peace(region: Region) -> None:
    _, insight, _ = await _noted(region)
    noted_on = datetime.fromisoformat(insight["noted_at"]).astimezone(ZoneInfo("Europe/Berlin")).date()

    for number, days in ((1, 7), (2, 14)):
        at = await _reminder_at(region, insight)
        assert at is not None
        assert ((at.date() - noted_on).days, at.time()) == (days, time(9))
        await region.pass_time(seconds=(at - region.clock.now()).total_seconds() - 1)
        assert await _reminded(region, insight) == list(range(1, number))
        await region.pass_time(seconds=2)
        assert await _reminded(region, insight) == list(range(1, number + 1))

    assert await _reminder_at(region, insight) is None
    await region.pass_time(days=8)
    assert await _reminded(region, insight) == [1, 2]
    assert len(await region.facts("insight_withheld")) == 1


async def test_a_host_is_reminded_of_nothing_that_it_has_decided_about(region: Region) -> None:
    journey, insight, _ = await _noted(region)
    stop_id = journey["stops"][0]["id"]
    ada = region.traveller("ada", "company-of-ada")
    other = ok(await ada.note(journey["id"], stop_id), 201)
    desk = await region.link("release_desk", journey["id"], stop_id)

    form = next(form for form in desk.forms("release") if form["insight_id"] == insight["id"])
    assert (await desk.submit("release", form, audience="network")).status_code == 200
    await region.pass_time(days=8)
    assert (await _reminded(region, insight), await _reminded(region, other)) == ([], [1])

    # The page was open when the reminder went out: what stands in it is taken all the same.
    assert (await desk.submit("withhold")).status_code == 200
    await region.pass_time(days=30)
    assert (await _reminded(region, insight), await _reminded(region, other)) == ([], [1])
    assert await _reminder_at(region, other) is None


@pytest.mark.thorough  # the decision itself is looked at without a database, in test_insights_stay_with_the_group
@pytest.mark.parametrize(("away", "told"), [(15, [2]), (22, [])])
async def test_what_fell_due_while_nobody_looked_is_one_reminder_and_none_after_the_end(
    region: Region, away: int, told: list[int]
) -> None:
    _, insight, _ = await _noted(region)

    await region.pass_time(days=away)

    assert await _reminded(region, insight) == told


async def test_a_released_insight_reaches_the_readers_the_host_chose(region: Region) -> None:
    journey, insight, _ = await _noted(region, audience="public")
    desk = await region.link("release_desk", journey["id"], journey["stops"][0]["id"])

    answer = await desk.submit("release", audience="network")

    assert answer.status_code == 200, answer.text
    assert "Es wartet keine Erkenntnis" in answer.text
    refused(await region.visitor.get(f"{API}/insights/{insight['id']}"), 404, "insight_unknown")
    member = region.platform.as_person("somebody", roles=["member"])
    shown = ok(await member.get(f"{API}/insights/{insight['id']}"))
    assert (shown["audience"], shown["own"], "person_id" in shown) == ("network", False, False)
    (fact,) = await region.facts("insight_released")
    assert (fact["audience"], fact["organisation_id"]) == ("network", "host-1")
    catalog = region.platform.as_service("catalog")
    told = ok(await catalog.get(f"/internal/insights/{insight['id']}"))
    assert (told["text"], told["state"], told["audience"]) == (insight["text"], "released", "network")
    refused(await region.notifications.get(f"/internal/insights/{insight['id']}"), 403, "forbidden")


async def test_readers_get_the_hosts_wording(region: Region) -> None:
    journey, insight, ben = await _noted(region)
    desk = await region.link("release_desk", journey["id"], journey["stops"][0]["id"])

    await desk.submit("redact", text="Ein Betrieb nutzt Tablets.")

    shown = ok(await ben.get(f"{API}/insights/{insight['id']}"))
    assert (shown["text"], shown["state"]) == ("Ein Betrieb nutzt Tablets.", "redacted")
    (fact,) = await region.facts("insight_redacted")
    assert fact["audience"] == "network", "without a choice the readers agreed to at confirmation"


async def test_a_no_is_final(region: Region) -> None:
    journey, _insight, _ = await _noted(region)
    desk = await region.link("release_desk", journey["id"], journey["stops"][0]["id"])
    release, withhold = desk.forms("release")[0], desk.forms("withhold")[0]

    assert (await desk.submit("withhold", withhold)).status_code == 200
    assert (await desk.submit("withhold", withhold)).status_code == 200, "the same form sent twice is one decision"
    assert (await desk.submit("release", release, audience="network")).status_code == 412
    assert len(await region.facts("insight_withheld")) == 1
    assert await region.facts("insight_released") == []


async def test_two_decisions_at_once_are_one(region: Region) -> None:
    journey, _insight, _ = await _noted(region)
    desks = [await region.link("release_desk", journey["id"], journey["stops"][0]["id"]) for _ in range(2)]

    answers = await asyncio.gather(desks[0].submit("release", audience="network"), desks[1].submit("withhold"))

    assert sorted(answer.status_code for answer in answers) in ([200, 409], [200, 412])
    told = [await region.facts("insight_released"), await region.facts("insight_withheld")]
    assert sum(map(len, told)) == 1


async def test_a_host_cannot_widen_what_the_author_wanted_nor_decide_for_another_stop(region: Region) -> None:
    journey, _insight, _ = await _noted(region, audience="journey_group")
    desk = await region.link("release_desk", journey["id"], journey["stops"][0]["id"])
    form = desk.forms("release")[0]

    assert (await desk.submit("release", form, audience="public")).status_code == 409
    assert (await desk.submit("release", {**form, "insight_id": "i-of-another"}, audience="network")).status_code == 404
    assert await region.facts("insight_released") == []


async def test_a_host_that_needs_no_release_was_asked_before(region: Region) -> None:
    agreed = {"audience": "public", "release_required": "no"}
    _journey, insight, _ = await _noted(region, audience="network", journey={"agreed": agreed})

    assert (insight["state"], insight["audience"]) == ("released", "network")
    assert await region.facts("insight_release_requested") == []


async def test_an_insight_sent_again_by_an_offline_device_is_the_same_insight(region: Region) -> None:
    journey = await region.open()
    ((ada, seat),) = await region.travelling(journey, "ada")
    journey = await region.depart(journey)
    stop_id = journey["stops"][0]["id"]
    ok(await ada.check_in(seat, stop_id), 201)

    first = ok(await ada.note(journey["id"], stop_id, client_id="c1"), 201)
    at_once = await asyncio.gather(*(ada.note(journey["id"], stop_id, client_id="c1") for _ in range(5)))
    at_the_same_time = await asyncio.gather(*(ada.note(journey["id"], stop_id, client_id="c2") for _ in range(5)))

    assert {ok(answer, 201)["id"] for answer in at_once} == {first["id"]}
    assert len({ok(answer, 201)["id"] for answer in at_the_same_time}) == 1
    assert len(await region.facts("insight_submitted")) == 2
    await region.finish(journey)
    late = ok(await ada.note(journey["id"], stop_id, client_id="c1"), 201)
    assert late["id"] == first["id"], "also long after the journey has ended"


@pytest.mark.parametrize("present", [True, False])
async def test_only_somebody_who_was_at_the_stop_notes_an_insight(region: Region, present: bool) -> None:
    journey = await region.open()
    ((ada, seat),) = await region.travelling(journey, "ada")
    journey = await region.depart(journey)
    if present:
        ok(await ada.check_in(seat, journey["stops"][1]["id"]), 201)

    who = ada if present else region.traveller("stranger")
    refused(await who.note(journey["id"], journey["stops"][0]["id"]), 409, "stop_not_attended")


@pytest.mark.parametrize(
    ("text", "redaction", "pieces"),
    [
        ("Alles bleibt.", None, ("Alles bleibt.",)),
        ("Zwei aus der Nachtschicht zeichneten.", "Zwei zeichneten.", ("Zwei", "zeichneten.")),
        ("Der Chef sagte nein, zweimal.", "Der Chef sagte nein,", ("Der Chef sagte nein,", "")),
        ("Herr Meier zeichnete.", "Jemand zeichnete.", ("Jemand zeichnete.",)),
        ("Kurz.", "Ganz anders gesagt.", ("Ganz anders gesagt.",)),
    ],
)
def test_what_a_host_struck_out_is_in_no_piece(text: str, redaction: str | None, pieces: tuple[str, ...]) -> None:
    assert inked(text, redaction) == pieces


async def test_a_desk_told_to_programs_names_nobody_and_no_representation(region: Region) -> None:
    journey, insight, _ = await _noted(region, audience="representation")
    desk = await region.link("release_desk", journey["id"], journey["stops"][0]["id"])
    program = region.platform.as_visitor(accept="application/json")

    told = ok(await program.get(desk.path))
    [waiting] = told["waiting"]
    form = {"idempotency_key": "k1", "if_match": str(waiting["version"]), "insight_id": waiting["id"]}
    wrong = await program.submit(f"{desk.path}/release", {**form, "audience": "network"})
    right = await program.submit(f"{desk.path}/release", {**form, "audience": "wanted"})

    assert (waiting["wanted"], waiting["choices"], waiting["usual"]) == ("wanted", ["wanted"], "wanted")
    assert not {"ada", "company-of-ada", "representation"} & set(
        desk.html.split('"') + [str(v) for v in waiting.values()]
    )
    refused(wrong, 409, "audience_too_wide")
    assert [each["state"] for each in ok(right)["decided"]] == ["released"]
    assert (await _released_to(region, insight)) == "representation"


async def test_a_link_that_nobody_gave_out_is_refused_to_programs_in_their_words(region: Region) -> None:
    refused(
        await region.platform.as_visitor(accept="application/json").get(f"{API}/links/made-up"), 404, "link_unknown"
    )


async def _released_to(region: Region, insight: dict) -> str:
    stored = await region.context.database["insights"].find_one({"_id": insight["id"]})
    return str(stored["audience"])
