"""An organisation is chosen by its name: without a list of all, of which there may be thousands, and without script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from missionare.web.console.lists import Organisation, Organisations
from missionare.web.console.register.reading import described
from missionare.web.forms import Form
from missionare.web.visits import Visit

NAME: Final = "organisation"
CHOSEN: Final = "organisation_id"
SHOWN: Final = 20
LONGEST: Final = 200
"""No organisation has a longer name."""


@dataclass(frozen=True)
class Choice:
    """What a name may mean: id, name and what is said of each; `more` where there are others besides."""

    houses: Sequence[tuple[str, str, str]] = ()
    more: bool = False


async def organisation_named(visit: Visit, form: Form) -> Choice:
    """Put the id of the active organisation that a form names into its field `organisation_id`.

    A whole name is enough. Where only its beginning was written, those that begin so are offered, and the form is
    wrong until one of them is chosen: nobody acts for a company that they have not read the name of.
    """
    typed = " ".join(form[NAME].split())
    if not typed:
        form.wrong(NAME, visit.say("Bitte schreiben Sie den Namen der Organisation."))
        return Choice()
    found = await _called(visit, typed)
    whole = [house for house in found.items if house.name.casefold() == typed.casefold()]
    if len(whole) == 1:
        form.values[CHOSEN] = whole[0].id
        return Choice()
    if form[CHOSEN] not in {house.id for house in found.items}:
        _ask_back(visit, form, found.items)
    houses = [(house.id, house.name, described(visit, house)) for house in found.items]
    return Choice(houses, more=found.next_cursor is not None)


async def _called(visit: Visit, typed: str) -> Organisations:
    if len(typed) > LONGEST:
        return Organisations(items=())
    asked = {"state": "active", "q": typed, "limit": SHOWN}
    return await visit.ask.read(Organisations, "members", "/organisations", **asked)


def _ask_back(visit: Visit, form: Form, houses: Sequence[Organisation]) -> None:
    form.values[CHOSEN] = houses[0].id if len(houses) == 1 else ""
    if not houses:
        form.wrong(
            NAME,
            visit.say("So heißt hier keine aktive Organisation. Der Anfang des Namens genügt, auch mehrerer Wörter."),
        )
    elif len(houses) == 1:
        form.wrong(CHOSEN, visit.say("Bitte sehen Sie nach, ob Sie diese Organisation meinen."))
    else:
        form.wrong(CHOSEN, visit.say("So beginnen mehrere Namen. Bitte wählen Sie die Organisation, die Sie meinen."))
