"""Imports through the API: good rows in, bad rows named, nothing twice, nothing mailed."""

from __future__ import annotations

from typing import Any

from members.agency import API, Agency
from members.test_organisations_join import person_row, row


def rows(*contents: tuple[dict[str, Any], dict[str, Any] | None]) -> list[dict[str, Any]]:
    """Number rows as a file does, below its headings."""
    return [
        {"line": line, "organisation": organisation, "person": person}
        for line, (organisation, person) in enumerate(contents, start=2)
    ]


async def imported(agency: Agency, *contents: Any, dry_run: bool = False) -> dict[str, Any]:
    body = {"dry_run": dry_run, "rows": rows(*contents)}
    return await agency.done(agency.operator.post(f"{API}/imports", body), 201)


async def test_rows_become_organisations_people_and_affiliations(agency: Agency) -> None:
    answer = await imported(
        agency,
        (row("Erste GmbH"), person_row("ada@example.org", contact=True)),
        (row("Erste GmbH"), person_row("bob@example.org")),
        (row("Zweite GmbH"), None),
    )

    assert answer["counts"] == {"created": 3, "unchanged": 0, "refused": 0}
    listed = (await agency.operator.get(f"{API}/organisations")).json()["items"]
    assert {item["name"]: item["state"] for item in listed} == {"Erste GmbH": "active", "Zweite GmbH": "admitted"}
    assert sorted(await agency.told())[:2] == ["affiliation_confirmed", "affiliation_confirmed"]
    assert [fact["channel"] for fact in await agency.facts("PersonRegistered")] == ["staff", "import", "import"]


async def test_the_same_file_twice_changes_nothing(agency: Agency) -> None:
    contents = [
        (row("Erste GmbH"), person_row("ada@example.org", contact=True)),
        (row("Zweite GmbH"), person_row("bob@example.org")),
    ]
    await imported(agency, *contents)
    facts = await agency.told()

    again = await imported(agency, *contents)

    assert again["counts"] == {"created": 0, "unchanged": 2, "refused": 0}
    assert await agency.told() == facts


async def test_an_import_mails_nobody_and_proves_no_address(agency: Agency) -> None:
    await imported(agency, (row(), person_row("ada@example.org", contact=True)))
    await agency.settle()

    assert agency.mailbox.mails == []
    people = (await agency.operator.get(f"{API}/people")).json()["items"]
    assert {person["email"]: person["state"] for person in people}["ada@example.org"] == "registered"


async def test_an_imported_person_signs_in_like_anybody(agency: Agency) -> None:
    await imported(agency, (row(), person_row("ada@example.org", contact=True)))

    caller = await (await agency.sign_in("ada@example.org")).caller()

    assert caller is not None
    assert caller.roles == {"member", "organisation_contact"}


async def test_a_dry_run_judges_and_changes_nothing(agency: Agency) -> None:
    facts = await agency.told()

    answer = await imported(agency, (row(), person_row("ada@example.org")), dry_run=True)

    assert answer["counts"]["created"] == 1
    assert await agency.told() == facts
    assert await agency.stored("organisations") == []


async def test_bad_rows_are_named_by_line_and_reason_and_good_ones_come_in(agency: Agency) -> None:
    wrong = {**row("Dritte GmbH"), "kind": "empire", "municipality_code": "Siegen", "postal_code": "572"}
    wrong_person = {**person_row("no address"), "functions": ["boss"], "language": "fr", "given_name": ""}

    answer = await imported(agency, (row("Erste GmbH"), None), (wrong, wrong_person))

    assert answer["counts"] == {"created": 1, "unchanged": 0, "refused": 1}
    refused = answer["rows"][1]
    assert (refused["line"], refused["outcome"]) == (3, "refused")
    assert {problem["field"] for problem in refused["problems"]} == {
        "organisation.kind",
        "organisation.municipality_code",
        "organisation.postal_code",
        "person.given_name",
        "person.email",
        "person.functions",
        "person.language",
    }
    assert all("no address" not in problem["reason"] for problem in refused["problems"])


async def test_reasons_speak_the_readers_language(agency: Agency) -> None:
    body = {"dry_run": True, "rows": rows(({**row(), "sector": "ZZ"}, None))}

    german = await agency.operator.post(f"{API}/imports", body)
    english = await agency.operator.with_headers(Accept_Language="en").post(f"{API}/imports", body)

    said = [answer.json()["rows"][0]["problems"][0]["reason"] for answer in (german, english)]
    assert "Klassifikation" in said[0]
    assert "WZ code" in said[1]


async def test_a_row_that_says_otherwise_never_overwrites(agency: Agency) -> None:
    await imported(agency, (row(), person_row("ada@example.org", contact=True)))
    before = await agency.stored("organisations"), await agency.stored("people")

    answer = await imported(
        agency,
        ({**row(), "size": "large"}, None),
        (row(), {**person_row("ada@example.org"), "family_name": "Byron"}),
        (row(), person_row("bob@example.org", contact=True)),
    )

    assert answer["counts"]["refused"] == 3
    fields = [problem["field"] for result in answer["rows"] for problem in result["problems"]]
    assert fields == ["organisation.size", "person.email", "person.contact"]
    assert (await agency.stored("organisations"), await agency.stored("people")) == before


async def test_a_repeated_import_is_answered_the_same(agency: Agency) -> None:
    body = {"dry_run": False, "rows": rows((row(), person_row("ada@example.org")))}

    answers = [await agency.operator.post(f"{API}/imports", body, key="file-1") for _ in range(2)]

    assert answers[0].json() == answers[1].json()
    assert answers[1].json()["counts"]["created"] == 1


async def test_two_hundred_rows_at_once_and_not_more(agency: Agency) -> None:
    many = [(row(f"Haus {number} GmbH"), person_row(f"p{number}@example.org", contact=True)) for number in range(200)]

    answer = await imported(agency, *many)

    assert answer["counts"]["created"] == 200
    one_more = {"dry_run": True, "rows": rows(*many, (row(), None))}
    assert (await agency.operator.post(f"{API}/imports", one_more)).status_code == 422


async def test_what_is_kept_of_an_import_names_nobody(agency: Agency) -> None:
    await imported(agency, (row("Geheim GmbH"), person_row("ada@example.org")))

    kept = str(await agency.stored("imports")) + str(await agency.audit())

    for private in ("Geheim", "ada@example.org", "Lovelace"):
        assert private not in kept
