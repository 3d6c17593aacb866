"""What words find: compounds, inflections, umlauts, slips of the finger; and what nobody ever finds."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from catalog.region import API, Region, said
from support.waiting import eventually

from missionare.catalog.reading import api
from missionare.catalog.reading.views import Search

pytestmark = pytest.mark.thorough  # searches of the whole starter catalog

SHELF = {
    "dsgvo": (
        "Was verlangt die Datenschutzgrundverordnung von uns?",
        "Zweck, Grundlage und Löschung stehen vorher fest.",
    ),
    "schicht": ("Wann im Schichtplan findet Lernen statt?", "Nennen Sie Wochentag und Uhrzeit."),
    "leistung": ("Wie verhindern wir eine Leistungskontrolle?", "Maschinendaten je Schicht, nie je Person."),
    "betriebsrat": ("Ab wann sitzt der Betriebsrat mit am Tisch?", "Bevor das Angebot unterschrieben ist."),
    "rente": ("Wessen Wissen fehlt uns?", "Viele Fachkräfte gehen in Rente; Rüstanleitungen mit Bildern helfen."),
    "ki": ("Welche Regeln gelten für KI im Büro?", "Eine Seite genügt: was hinein darf und was nie."),
    "ueberwachung": ("Überwachung verhindern", "Eine Maßnahme für jede Anlage."),
    "werkstatt": ("Der Laufzettel in der Werkstatt", "Nicht das Formular abbilden, sondern die Frage."),
    "vertrag": ("Was gehört in den Vertrag über Fernwartung?", "Zugang, Anlass und Ende."),
    "hauberg": ("Gemeinsam wirtschaften wie im Hauberg", "Genossenschaften teilen seit Jahrhunderten."),
    "rechnung": ("Was bringt die elektronische Rechnung?", "Welche Buchung, welches Abheften entfällt?"),
    "energie": ("Welche Verbraucher laufen am Sonntag?", "Druckluft, Heizung und Öfen messen."),
}
ENGLISH = {
    "energie": "Which consumers run on Sunday?",
    "rechnung": "What does the electronic invoice bring?",
    "betriebsrat": "From when does the works council sit at the table?",
}

COMPOUNDS = {
    "Datenschutz": {"dsgvo"},
    "Grundverordnung": {"dsgvo"},
    "Verordnung": {"dsgvo"},
    "Kontrolle": {"leistung"},
    "Schicht": {"schicht", "leistung"},
    "Anleitung": {"rente"},
    "Arbeit": set(),
    "Leiter": set(),
    "Maschine": {"leistung"},
    "Kräfte": {"rente"},
    "Genossenschaft": {"hauberg"},
}
UMLAUTS = {
    "überwachung": {"ueberwachung"},
    "ueberwachung": {"ueberwachung"},
    "UBERWACHUNG": {"ueberwachung"},
    "Massnahme": {"ueberwachung"},
    "Loeschung": {"dsgvo"},
    "Büro": {"ki"},
    "buero": {"ki"},
    "Öfen": {"energie"},
    "Fachkraefte": {"rente"},
}
MISTYPED = {
    "Datenshutz": {"dsgvo"},
    "Datenschuzt": {"dsgvo"},
    "Betriebsratt": {"betriebsrat"},
    "Betreibsrat": {"betriebsrat"},
    "Überwahcung": {"ueberwachung"},
    "Schichtpaln": {"schicht"},
    "Genossenschften": {"hauberg"},
    "Rechnug": {"rechnung"},
    "Leistungkontrolle": {"leistung"},
    "Wekstatt": {"werkstatt"},
}
INFLECTED = {
    "Schichten": {"schicht", "leistung"},
    "Verträge": {"vertrag"},
    "Betriebsräte": {"betriebsrat"},
    "Maßnahmen": {"ueberwachung"},
    "Werkstätten": {"werkstatt"},
    "Rechnungen": {"rechnung"},
    "Regel": {"ki"},
    "Verbraucher": {"energie"},
    "Ofen": {"energie"},
    "Leistungskontrollen": {"leistung"},
}
FOREIGN = {
    "invoices": {"rechnung"},
    "works council": {"betriebsrat"},
    "sunday consumer": {"energie"},
}
SYNTAX = (
    "haub*", "title:hauberg", "hauberg OR vertrag", "-hauberg", '"im hauberg"~9', "+hauberg^99", "(hauberg",
    "hauberg~2", "[a TO z]", "/haub.*/", "hau\\berg", "\N{RIGHT-TO-LEFT OVERRIDE}grebuah", "a" * 200, "x" * 199 + "|",
)  # fmt: skip


@pytest.fixture
async def shelf(region: Region) -> dict[str, str]:
    """The catalog of `SHELF`, by the ids of its entries; beside each stands a draft of the same words."""
    known = {}
    for name, (title, text) in SHELF.items():
        entry = await region.publish(await region.draft(title=title, text=text, title_en=ENGLISH.get(name)))
        known[entry["id"]] = name
        await region.draft(title=title, text=text)
    return known


async def found(region: Region, known: dict[str, str], words: str) -> list[str]:
    page = await region.visitor.get(f"{API}/entries", params={"q": words, "limit": 200})
    assert page.status_code == 200, page.text
    return [known.get(item["id"], "a draft") for item in page.json()["items"]]


async def test_of_what_fits_nearly_all_is_found_and_little_else(
    region: Region, shelf: dict[str, str], subtests: pytest.Subtests
) -> None:
    for name, cases, recall, precision in (
        ("compounds", COMPOUNDS, 0.95, 0.9),
        ("umlauts", UMLAUTS, 1.0, 1.0),
        ("one letter off", MISTYPED, 0.9, 0.95),
        ("singular and plural", INFLECTED, 0.9, 0.95),
        ("english", FOREIGN, 1.0, 1.0),
    ):
        answers = {words: set(await found(region, shelf, words)) for words in cases}
        wanted = sum(len(fitting) for fitting in cases.values())
        hits = sum(len(answers[words] & fitting) for words, fitting in cases.items())
        shown = sum(len(answer) for answer in answers.values())
        missed = {words: (answers[words], fitting) for words, fitting in cases.items() if answers[words] != fitting}
        with subtests.test(name=name):
            assert hits / wanted >= recall, missed
            assert hits / shown >= precision, missed


async def test_a_title_comes_before_a_text_and_a_word_before_a_part_of_one(region: Region) -> None:
    names = {}
    for title, text in (
        ("Ganz unten", "Vom Schichtplan ist nur im Text die Rede."),
        ("Ganz oben", "Eine Schichtplantafel hat nichts damit zu tun."),
        ("Der Schichtplan", "Nichts sonst."),
        ("Die Nachtschichtplanung", "Nichts sonst."),
    ):
        names[(await region.publish(await region.draft(title=title, text=text)))["id"]] = title

    order = await found(region, names, "Schichtplan")

    assert order[0] == "Der Schichtplan"
    assert order[-1] == "Ganz oben"


async def test_every_word_has_to_fit_and_small_ones_do_not_count(region: Region, shelf: dict[str, str]) -> None:
    assert await found(region, shelf, "Schicht Maschinendaten") == ["leistung"]
    assert await found(region, shelf, "Wie ist das mit der Leistungskontrolle?") == ["leistung"]
    assert await found(region, shelf, "Leistungskontrolle Hauberg") == []


async def test_what_is_typed_is_never_an_expression(
    region: Region, shelf: dict[str, str], subtests: pytest.Subtests
) -> None:
    for words in SYNTAX:
        with subtests.test(words=words):
            assert set(await found(region, shelf, words)) <= {"hauberg"}
    for nothing_asked in ("*", "\\", " ", "\N{EVERGREEN TREE}", "\x00\x7f"):
        assert len(await found(region, shelf, nothing_asked)) == len(SHELF)


async def test_pages_of_a_search_join_to_the_whole_list(region: Region, shelf: dict[str, str]) -> None:
    whole = await found(region, shelf, "e")
    path: str | None = f"{API}/entries?q=was&limit=2"
    titles: list[str] = []
    while path:
        answer = await region.visitor.get(path)
        titles += [shelf[item["id"]] for item in answer.json()["items"]]
        link = answer.headers.get("link")
        path = link.partition(";")[0].strip("<>") if link else None

    assert titles == await found(region, shelf, "was")
    assert len(titles) == len(set(titles)) > len(whole)


async def test_a_cursor_from_another_filter_is_refused_and_says_what_to_do(
    region: Region, shelf: dict[str, str]
) -> None:
    page = (await region.visitor.get(f"{API}/entries?limit=2&pole=challenge")).json()

    refused = await region.visitor.get(f"{API}/entries", params={"limit": 2, "cursor": page["next_cursor"]})

    assert (refused.status_code, refused.json()["code"]) == (422, "cursor_of_another_list")
    assert "von vorn" in refused.json()["next"]


@pytest.mark.parametrize(
    "filters",
    [{}, {"q": "geheim"}, {"kind": "question"}, {"pole": "challenge"}, {"topic": "data"}, {"function": "it"},
     {"size": "small"}, {"sector": "C25"}, {"stage": "growing"}, {"dimension": "data"}, {"region": "05970"},
     {"kind": ["question", "value"], "q": "geheim", "sector": "C", "region": "05"}],
)  # fmt: skip
async def test_no_filter_shows_the_public_a_draft(region: Region, filters: dict[str, Any]) -> None:
    classed = {"functions": ["it"], "sizes": ["small"], "sectors": ["C25"], "stages": ["growing"], "dimension": "data",
               "regions": ["05970"]}  # fmt: skip
    await region.draft(title="Geheim, noch lange", **classed)
    entry = await region.publish(await region.draft(title="Offen und geheim", **classed))
    body = {**said(title="Geheim, der nächste Entwurf", **classed)}
    edited = await region.editor.send("PUT", f"{API}/entries/{entry['id']}", body=body, match=entry["version"])
    assert edited.status_code == 200, edited.text
    await region.review(await region.draft(title="Geheim und in Prüfung", **classed))
    await region.publish(await region.draft(title="Geheim ist nichts", **classed))

    page = (await region.visitor.get(f"{API}/entries", params=filters)).json()

    assert {item["title"] for item in page["items"]} == {"Offen und geheim", "Geheim ist nichts"}
    assert page["total"] == 2
    assert {count for counts in page["facets"].values() for count in counts.values()} == {2}


async def test_values_of_one_facet_are_alternatives_and_facets_narrow_each_other(region: Region) -> None:
    for title, functions, sizes in (
        ("Eins", ["it"], ["small"]),
        ("Zwei", ["hr"], ["small"]),
        ("Drei", ["production"], ["small"]),
        ("Vier", ["it", "hr"], ["medium"]),
    ):
        await region.publish(await region.draft(title=f"Nummer {title}", functions=functions, sizes=sizes))

    page = (await region.visitor.get(f"{API}/entries?function=it&function=hr&size=small")).json()

    assert [item["title"] for item in page["items"]] == ["Nummer Zwei", "Nummer Eins"]
    assert page["facets"]["function"] == {"hr": 1, "it": 1, "production": 1}
    assert page["facets"]["size"] == {"small": 2, "medium": 1}


async def test_a_filter_that_does_not_exist_is_named(region: Region) -> None:
    for wrong in ({"function": "magic"}, {"sector": "c25"}, {"region": "Siegen"}, {"size": "large"}):
        refused = await region.visitor.get(f"{API}/entries", params=wrong)
        assert (refused.status_code, refused.json()["errors"][0]["field"].partition(".")[0]) == (422, next(iter(wrong)))


async def test_another_process_finds_what_is_published_here(region: Region) -> None:
    other = Search(region.context.database)
    following = asyncio.create_task(other.follow())
    try:
        assert await other.wait_until_built(30)
        entry = await region.publish(await region.draft(title="Erst danach veröffentlicht"))
        await eventually(lambda: other.found_as(entry["id"]))
        edited = await region.editor.send(
            "PUT", f"{API}/entries/{entry['id']}", body=said(title="Die zweite Fassung"), match=entry["version"]
        )
        await region.publish(edited.json())
        await eventually(lambda: (content := other.found_as(entry["id"])) and content.title == "Die zweite Fassung")
        await region.context.database["entries"].delete_one({"_id": entry["id"]})
        await eventually(lambda: other.found_as(entry["id"]) is None)
    finally:
        following.cancel()


async def test_a_collection_that_was_dropped_and_restored_is_found_as_it_is_now(region: Region) -> None:
    entry = await region.publish(await region.draft(title="Vor der Wiederherstellung"))
    rows = region.context.database["entries"]
    kept = await rows.find_one({"_id": entry["id"]})

    await rows.drop()
    await rows.insert_one({**kept, "_id": "restored"})

    await eventually(lambda: region.found_as("restored") and not region.found_as(entry["id"]))


async def test_whoever_asks_while_the_search_is_built_is_told_to_come_back(
    region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "PATIENCE_SECONDS", 0.01)
    search = region.context.views[Search]
    assert isinstance(search, Search)
    assert await search.wait_until_built(30), "or it would be built after this"
    search._built.clear()

    refused = await region.visitor.get(f"{API}/entries")
    health = await region.visitor.get("/health/ready")

    assert (refused.status_code, refused.json()["code"]) == (503, "search_is_building")
    assert "Retry-After" in refused.headers
    assert (health.status_code, health.json()["failing"]) == (503, ["search"])


async def test_an_entry_shows_the_limits_that_are_public(region: Region) -> None:
    framework = await region.publish(await region.draft(
        kind="framework", pole=None, title="Mitbestimmung", title_en="Co-determination", source="BetrVG § 87",
        as_of="2026-11-01",
    ))  # fmt: skip
    hidden = await region.draft(kind="value", pole=None, title="Noch nicht geprüft")
    question = await region.publish(await region.draft(limits=[hidden["id"], framework["id"]], title_en="How?"))

    (limit,) = question["limits"]

    assert (limit["id"], limit["title"], limit["source"], limit["as_of"]) == (
        framework["id"], "Mitbestimmung", "BetrVG § 87", "2026-11-01",
    )  # fmt: skip
    assert (question["title_en"], question["text_en"]) == ("How?", None)


async def test_only_what_can_be_respected_is_a_limit(region: Region) -> None:
    question = await region.draft()
    for limits in ([question["id"]], ["nowhere"]):
        refused = await region.editor.post(f"{API}/entries", said(limits=limits))
        assert (refused.status_code, "limits" in refused.json()["detail"]) == (422, True)
