"""Consents over HTTP: everybody gives and withdraws their own; staff do so for whoever asks them to."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal, Self

from missionare.kit.callers import Language
from missionare.kit.routes import Answer, Body, Command, Done, Reader, Routes
from missionare.kit.store import Scope
from missionare.members.api import OPERATORS, SIGNED_IN, STAFF, Named, Reference, person_of
from missionare.members.consent import domain
from missionare.members.consent.domain import WORDINGS, Consent, ConsentState, ConsentUnknown, Source
from missionare.members.consent.store import Consents
from missionare.members.events import Purpose
from missionare.members.person.store import People

routes = Routes("members")

ON_THE_PAGES: Final = "pages"
OWN: Final = Scope.system("only the consents of one person are asked for, who is the caller or was found by them")


class ConsentView(Answer):
    """What somebody says to one purpose, with the words that are consented to at present."""

    purpose: Purpose
    state: Literal["none", "granted", "withdrawn"]
    changed_at: datetime | None
    wording: int
    text: str
    outdated: bool
    """It was given to an earlier wording."""

    @classmethod
    def of(cls, purpose: Purpose, consent: Consent | None, language: Language) -> Self:
        """Show it, also where nothing was said."""
        wording = WORDINGS[purpose]
        granted = consent is not None and consent.state is ConsentState.GRANTED
        return cls(
            purpose=purpose,
            state=consent.state.value if consent else "none",
            changed_at=consent.changed_at if consent else None,
            wording=wording.version,
            text=wording.text[language],
            outdated=bool(consent and granted and consent.entries[-1].wording != wording.version),
        )


class ConsentList(Answer):
    """Every purpose there is, answered or not."""

    items: tuple[ConsentView, ...]


class ConsentingList(Answer):
    """Who of those that were asked about consents now. Whoever is not named here does not."""

    person_ids: tuple[str, ...]


class Granting(Body):
    """Which wording was read."""

    wording: int


async def show_consent(consent_id: str, reader: Reader) -> ConsentView:
    """Show a consent to whoever just gave or withdrew it."""
    consent = await reader.store(Consents).get(consent_id, OWN)
    return ConsentView.of(consent.purpose, consent, reader.language)


@routes.get("/consents", policy=SIGNED_IN, answers=ConsentList)
async def list_consents(reader: Reader) -> ConsentList:
    """List one's own consents: every purpose, with its words."""
    return await _of(person_of(reader.caller), reader)


@routes.get("/people/{person_id}/consents", policy=STAFF, answers=ConsentList)
async def list_consents_of_person(person_id: Reference, reader: Reader) -> ConsentList:
    """List what a person consents to, before somebody takes a photograph or passes on an address."""
    return await _of((await reader.store(People).get(person_id, reader.scope)).id, reader)


@routes.get("/consents/{purpose}/people", policy=STAFF, answers=ConsentingList)
async def list_consenting_people(purpose: Reference, reader: Reader, ids: Named = None) -> ConsentingList:
    """Say who of these people consents to a purpose now, such as to photographs on the journey they are on."""
    consenting = await reader.store(Consents).consenting(_known(purpose), ids or (), reader.scope)
    return ConsentingList(person_ids=tuple(sorted(consenting)))


@routes.post("/consents/{purpose}/grant", policy=SIGNED_IN, on_behalf=OPERATORS, shows=show_consent)
async def grant_consent(purpose: Reference, body: Granting, command: Command) -> Done:
    """Consent to a purpose, in the words that were read."""
    asked, consents, person_id = _known(purpose), command.store(Consents), await _person(command)
    known = await consents.of(person_id, asked, OWN)
    granted, facts = domain.grant(
        known,
        consent_id=known.id if known else command.new_id(),
        person_id=person_id,
        purpose=asked,
        wording=body.wording,
        source=_source(command),
        now=command.now,
    )
    if facts:
        command.save(consents, granted, facts)
    else:
        command.ignored("the consent was given before, to the same words")
    return command.done(granted.id)


@routes.post("/consents/{purpose}/withdrawal", policy=SIGNED_IN, on_behalf=OPERATORS, shows=show_consent)
async def withdraw_consent(purpose: Reference, command: Command) -> Done:
    """Withdraw a consent; whatever rests on it ends with that."""
    consents, person_id = command.store(Consents), await _person(command)
    known = await consents.of(person_id, _known(purpose), OWN)
    withdrawn, facts = domain.withdraw(known, source=_source(command), now=command.now)
    command.save(consents, withdrawn, facts)
    return command.done(withdrawn.id)


async def _of(person_id: str, reader: Reader) -> ConsentList:
    known = {consent.purpose: consent for consent in await reader.store(Consents).all_of(person_id, OWN)}
    return ConsentList(items=tuple(ConsentView.of(purpose, known.get(purpose), reader.language) for purpose in Purpose))


def _known(purpose: str) -> Purpose:
    try:
        return Purpose(purpose)
    except ValueError:
        raise ConsentUnknown from None


async def _person(command: Command) -> str:
    """Give whose consent it is: the caller's, or that of the person for whom the agency acts."""
    if command.on_behalf is None:
        return person_of(command.caller)
    return (await command.store(People).get(command.on_behalf.subject_id, command.scope)).id


def _source(command: Command) -> Source:
    channel = command.on_behalf.channel.value if command.on_behalf else ON_THE_PAGES
    return Source(language=command.language, channel=channel, actor=command.caller.actor)
