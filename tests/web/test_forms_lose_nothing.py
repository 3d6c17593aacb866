"""Forms: whose they are, what is said about them, and that nothing typed is ever lost."""

from __future__ import annotations

import re
from pathlib import Path

import httpx2
import pytest
from web.region import Browser, Region, Streets, pages

import missionare.web
from missionare.kit import problems
from missionare.kit.callers import Caller, Kind
from missionare.kit.refusals import Invalid
from missionare.members.goal.domain import WordingNamesSomebody
from missionare.web.forms import ForeignForm, Form, FormTokens
from missionare.web.services import Refused
from missionare.web.typed import LABELS

TEMPLATES = Path(missionare.web.__file__).parent / "templates"

APPLICATION = {
    "name": "Köhlerbach Drahtwaren GmbH",
    "kind": "company",
    "street": "Hüttenpfad 9",
    "postal_code": "57072",
    "municipality": "05970040",
    "sector": "25",
    "size": "medium",
    "given_name": "Änne",
    "family_name": "Größler",
    "email": "aenne@koehlerbach.example",
    "telephone": "",
    "function": "management",
}
HOSTILE = "<script>alert(1)</script> \u202e\"' 🚂 " + "ä" * 150


@pytest.fixture
def browser() -> Browser:
    return Browser(pages(Streets()))


async def test_what_is_missing_is_said_at_its_field_and_everything_typed_is_there_again(browser: Browser) -> None:
    shown = await browser.look("/join/apply")

    page = await browser.send("/join/apply", {**shown.fields, **APPLICATION, "email": "aenne", "name": HOSTILE})

    assert page.status == 422
    assert page.fields["name"] == HOSTILE
    assert page.fields["email"] == "aenne"
    assert "<script>alert" not in page.text
    assert 'href="#email"' in page.text
    assert page.fields["idempotency_key"] == shown.fields["idempotency_key"]


@pytest.mark.parametrize(
    ("changes", "headers"),
    [
        ({"form_token": "forged"}, {}),
        ({"form_token": ""}, {}),
        ({}, {"Origin": "https://elsewhere.example"}),
        ({}, {"Sec_Fetch_Site": "cross-site"}),
    ],
)
async def test_a_strangers_form_does_nothing_and_can_be_sent_from_here(
    browser: Browser, changes: dict[str, str], headers: dict[str, str]
) -> None:
    shown = await browser.look("/join/apply")

    page = await browser.send("/join/apply", {**shown.fields, **APPLICATION, **changes}, **headers)

    assert (page.status, page.title) == (403, "Nicht von dieser Seite")
    assert "Köhlerbach Drahtwaren GmbH" in page
    assert ">Name der Organisation</label>" in page
    assert "Was Sie ausgewählt haben, geht mit." in page
    again = await browser.send("/join/apply", {**APPLICATION, **page.fields})
    assert (again.status, again.title) == (503, "Gerade nicht erreichbar")


def test_every_text_that_people_write_has_words_where_its_form_is_not_shown() -> None:
    macro = r"forms\.(?:field|textarea)\([a-z]+, *\"([a-z_-]+)\""
    element = r"<(?:textarea|input)[^>]* name=\"([a-z_-]+)\"(?![^>]*hidden)"
    for path in TEMPLATES.rglob("*.html"):
        for found in re.finditer(f"{macro}|{element}", path.read_text()):
            name = found[1] or found[2]
            is_text = "type=" not in found[0] or 'type="text"' in found[0]
            assert not is_text or name in LABELS or name in {"q", "code"}, (path.name, name)


def test_a_form_is_taken_from_the_person_it_was_shown_to_and_under_its_own_name() -> None:
    tokens, ada = FormTokens(b"secret"), Caller(Kind.PERSON, "ada", "ada")
    token = tokens.make("goal", ada)

    tokens.check(token, "goal", ada)
    for name, caller, key in (("other", ada, b"secret"), ("goal", Caller.visitor(), b"secret"), ("goal", ada, b"x")):
        with pytest.raises(ForeignForm):
            FormTokens(key).check(token, name, caller)


def test_whoever_signed_in_meanwhile_need_not_type_again_if_the_browser_vouches_for_the_page() -> None:
    tokens, ada = FormTokens(b"secret"), Caller(Kind.PERSON, "ada", "ada")
    token = tokens.make("goal", Caller.visitor())

    tokens.check(token, "goal", ada, same_page=True)
    with pytest.raises(ForeignForm):
        tokens.check(token, "goal", ada)


async def test_the_next_address_after_signing_in_is_one_of_ours(browser: Browser) -> None:
    for wanted, kept in (("/catalog?q=x", "/catalog?q=x"), ("https://evil.example", ""), ("//evil.example", "")):
        page = await browser.look(f"/sign-in?next={wanted}")
        assert page.fields["next"] == kept


async def test_an_application_arrives_once_however_often_it_is_sent(region: Region) -> None:
    shown = await region.browser.look("/en/join/apply")
    sent = {**shown.fields, **APPLICATION}

    first, again = [await region.browser.send("/en/join/apply", sent) for _ in range(2)]

    assert (first.status, again.status) == (303, 303)
    assert first.answer.headers["location"] == "/en/join/received"
    staff = region.platforms["members"].as_person("olga", roles=["operator"])
    listed = (await staff.get("/api/members/v1/organisations")).json()["items"]
    assert [item["name"] for item in listed] == ["Köhlerbach Drahtwaren GmbH"]


async def test_what_members_refuses_is_said_above_the_form_in_the_persons_language(region: Region) -> None:
    for name in ("Erste", "Zweite"):
        shown = await region.browser.look("/en/join/apply")
        page = await region.browser.send("/en/join/apply", {**shown.fields, **APPLICATION, "given_name": name})

    assert page.status == 422
    assert "already" in page
    assert page.fields["given_name"] == "Zweite"


async def test_a_barrier_reaches_the_agency_without_a_name_and_is_forgotten_with_the_answer(region: Region) -> None:
    shown = await region.browser.look("/accessibility/report?about=/catalog")
    page = await region.browser.send("/accessibility/report", {**shown.fields, "text": "Der Kontrast.", "email": ""})
    assert page.answer.headers["location"] == "/contact/received"

    staff = region.platforms["members"].as_person("olga", roles=["operator"])
    enquiry = (await staff.get("/api/members/v1/enquiries?state=open")).json()["items"][0]
    assert (enquiry["kind"], enquiry["text"], enquiry["about"]) == ("barrier", "Der Kontrast.", "/catalog")
    answered = await staff.post(f"/api/members/v1/enquiries/{enquiry['id']}/answer", match=enquiry["version"])
    assert (answered.json()["state"], answered.json()["text"]) == ("answered", None)


async def test_asking_for_a_link_says_the_same_to_everybody(region: Region) -> None:
    for address in ("ada@example.org", "nobody@example.org"):
        shown = await region.browser.look("/sign-in")
        page = await region.browser.send("/sign-in", {**shown.fields, "email": address})
        assert (page.status, page.answer.headers["location"]) == (303, "/sign-in/sent")


@pytest.mark.parametrize(
    ("refusal", "at_the_field"),
    [
        (Invalid(field="target_on", reason_de="Das Datum liegt nicht in der Zukunft.", reason_en="past"), True),
        (WordingNamesSomebody(what={"de": "Ihren Namen", "en": "your name"}), False),
    ],
    ids=["a field alone", "words of its own"],
)
def test_what_a_service_refuses_stands_at_its_field_unless_it_says_more(
    refusal: Invalid, *, at_the_field: bool
) -> None:
    told = problems.document(refusal, "de", of_body=True)
    form = Form("a form", "token").refused(Refused.of("members", httpx2.Response(422, json=told)))

    assert (form.problem("target_on") == "Das Datum liegt nicht in der Zukunft.") is at_the_field
    assert (form.refusal is None) is at_the_field
