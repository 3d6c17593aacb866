"""Two entries that say the same become one: by an editor, with a reason, and nobody's bookmark breaks."""

from __future__ import annotations

import pytest
from catalog.region import API, said
from catalog.region import Region as Workshop
from web.region import Browser, Region

from missionare.kit.testing import Outside

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture
def workshop(shared: Region) -> Workshop:
    catalog = shared.platforms["catalog"]
    return Workshop(catalog, catalog.service.context.peers, shared.clock)


@pytest.fixture
def editor(shared: Region) -> Browser:
    return shared.signed_in("editor-9", roles=["editor"])


async def test_who_kept_the_address_of_the_other_is_led_to_the_one_that_stays(
    shared: Region, workshop: Workshop, editor: Browser
) -> None:
    suggestion = await workshop.suggestion(text="Niemand pflegt ihn, und alle lesen ihn.")
    accepted = said(title="Wer pflegt den Schichtplan?")
    accepting = f"{API}/suggestions/{suggestion['id']}/acceptance"
    gone = await workshop.publish((await workshop.editor.post(accepting, accepted, match=suggestion["version"])).json())
    stays = await workshop.publish(await workshop.draft(title="Wem gehört der Schichtplan?"))
    path = f"/console/workshop/drafts/{gone['id']}/merge"
    public = await editor.look(f"/catalog/{gone['id']}")
    draft = await editor.look(public.links["In der Redaktion öffnen"])

    offered = await editor.look(f"{draft.links['Mit einem anderen Eintrag zusammenführen']}?q=Schichtplan")
    unsaid = await editor.send(path, {**offered.form(f"{path}?q=Schichtplan"), "into_id": stays["id"]})
    done = await editor.send(path, {**unsaid.fields, "into_id": stays["id"], "reason": "Beide fragen, wer ihn pflegt."})

    assert unsaid.status == 422
    assert done.answer.headers["location"] == f"/catalog/{stays['id']}"
    old = await shared.browser.look(f"/en/catalog/{gone['id']}")
    assert (old.status, old.answer.headers["location"]) == (301, f"/en/catalog/{stays['id']}")
    origin = await shared.browser.look(f"/catalog/{stays['id']}")
    assert "Auf einer Lernreise festgehalten" in origin
    version = await shared.browser.look(origin.links["Wer pflegt den Schichtplan?"])
    assert version.answer.url.path == f"/catalog/{gone['id']}/versions/1"
    assert version.status == 200
    told = await editor.look(f"/console/workshop/drafts/{gone['id']}")
    assert "Beide fragen, wer ihn pflegt." in told
    assert [fact["into_entry_id"] for fact in await workshop.facts("entries_merged")] == [stays["id"]]


async def test_a_plan_that_names_the_other_offers_the_one_that_stays(
    shared: Region, workshop: Workshop, editor: Browser
) -> None:
    gone = await workshop.publish(await workshop.draft(title="Wer liest die Störmeldung?"))
    stays = await workshop.publish(await workshop.draft(title="Wem nützt die Störmeldung?"))
    outreach = Outside(shared.platforms["notifications"])
    said = {"kind": "question", "number": 1, "topics": ["data"], "pole": "challenge", "suggestion_id": None}
    await outreach.deliver(outreach.fact("catalog.EntryPublished", "entry", entry_id=gone["id"], **said))
    back = {"person_id": "ada-9", "journey_id": "j9", "registration_id": "r9", "goal_id": None, "topics": ["data"]}
    await outreach.deliver(outreach.fact("members.MissionaryQualified", "missionary", missionary_id="m9", **back))
    ada, path = shared.signed_in("ada-9"), f"/console/workshop/drafts/{gone['id']}/merge?q="
    assert "Wer liest die Störmeldung?" in await ada.look("/me/outreach")

    page = await editor.look(path)
    await editor.send(path, {**page.fields, "into_id": stays["id"], "reason": "Beide fragen dasselbe."})

    plan = await ada.look("/me/outreach")
    assert plan.links["Wem nützt die Störmeldung?"] == f"/catalog/{stays['id']}"
    assert "Wer liest die Störmeldung?" not in plan


async def test_only_two_public_entries_of_one_kind_are_merged(
    shared: Region, workshop: Workshop, editor: Browser
) -> None:
    one = await workshop.publish(await workshop.draft(title="Wie lernt die Nachtschicht?"))
    value = await workshop.publish(await workshop.draft(title="Verlässlichkeit", kind="value", pole=None))
    draft = await workshop.draft(title="Wie lernt die Frühschicht?")
    path = f"/console/workshop/drafts/{one['id']}/merge?q="
    await workshop.publish(await workshop.draft(title="Wer fragt die Nachtschicht?"))

    for other in (one["id"], value["id"], draft["id"]):
        page = await editor.look(path)
        refused = await editor.send(path, {**page.fields, "into_id": other, "reason": "Dasselbe."})
        assert "Nicht zusammenzuführen" in refused
        assert "Dasselbe." in refused
    unknown = await editor.send(path, {**(await editor.look(path)).fields, "into_id": "nobody", "reason": "Dasselbe."})
    reviewer = shared.signed_in("reviewer-9", roles=["reviewer"])

    assert "Eintrag nicht gefunden" in unknown
    assert (await reviewer.look(path)).status == 403
    assert (await shared.browser.look(f"/catalog/{one['id']}")).status == 200
