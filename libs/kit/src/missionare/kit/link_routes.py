"""The endpoints behind mailed links: show, act, replace, and grant to the service that mails them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import cache
from http import HTTPStatus
from typing import Annotated, Any, ClassVar, Final

from fastapi import Path, Request, Response
from fastapi.responses import JSONResponse

from missionare.kit import bodies, idempotency, problems
from missionare.kit.answers import PRIVATE, Answer
from missionare.kit.callers import Caller, Kind, Language, preferred_language
from missionare.kit.commands import Act, Command, commands_of
from missionare.kit.facts import Code, Id
from missionare.kit.idempotency import Once
from missionare.kit.links import (
    LinkAction,
    LinkExpired,
    Links,
    LinkToken,
    LinkTokens,
    LinkUnknown,
    Purpose,
    merged,
)
from missionare.kit.logs import log
from missionare.kit.pages import KEY_FIELD, VERSION_FIELD, Form, Page, refusal_page, render
from missionare.kit.policy import Policy
from missionare.kit.preconditions import IfMatch, etag_of
from missionare.kit.problems import refusal_for
from missionare.kit.readers import Reader
from missionare.kit.refusals import Refusal, Text
from missionare.kit.routes import Body, Routes

RENEWAL: Final = "renewal"
"""Action of the form on an expired page."""
_RENEW_BUTTON: Final[dict[Language, str]] = {
    "de": "Neuen Link an die bekannte Adresse senden",
    "en": "Send a new link to the known address",
}
_MAX_FORM_BYTES: Final = 262_144

Token = Annotated[str, Path(max_length=128)]
Endpoint = Callable[..., Awaitable[Response]]


class ForeignForm(Refusal):
    """The form was not sent from the page of the link."""

    status = 403
    title: ClassVar[Text] = {"de": "Nicht von dieser Seite", "en": "Not from this page"}
    text: ClassVar[Text] = {
        "de": "Die Eingabe kam nicht von der Seite dieses Links. Öffnen Sie den Link aus der E-Mail noch einmal.",
        "en": "This was not sent from the page of the link. Open the link in the mail once more.",
    }


class LinkWanted(Body):
    """Which link another service wants to mail."""

    purpose: Code
    subject: Id


class LinkUrl(Answer):
    """The address to mail. It is a secret and is not kept."""

    url: str


@cache
def link_routes(service: str, parts: tuple[Links, ...]) -> list[Routes]:
    """Give the endpoints of a service's mailed links; none where it has no links."""
    links = merged(parts)
    if not links.purposes:
        return []
    pages, internal = Routes(service), Routes(service, internal=True)
    pages.page(
        "GET",
        "/links/{token}",
        policy=Policy.link(),
        operation="show_link",
        says="Show the page of a mailed link; nothing changes by that.",
        endpoint=_showing(links),
    )
    pages.page(
        "POST",
        "/links/{token}/{action}",
        policy=Policy.link(),
        operation="act_on_link",
        says="Do what a form on the page of a mailed link offers.",
        endpoint=_acting(links),
    )
    if any(purpose.issue for purpose in links.purposes.values()):
        _grant(service, internal, links)
    return [pages, internal]


def _grant(service: str, internal: Routes, links: Links) -> None:
    @internal.post("/links", policy=Policy.services(*links.fetched_by), answers=LinkUrl, once=False)
    async def grant_link(body: LinkWanted, command: Command) -> LinkUrl:
        """Make one more link and give its address, to be mailed at once."""
        purpose = links.purposes.get(body.purpose)
        if purpose is None or purpose.issue is None:
            raise LinkUnknown
        grant = await purpose.issue(body.subject, command)
        token = command.store(LinkTokens).issue(
            command, body.purpose, body.subject, grant.expires_at, single_use=grant.single_use, holder=grant.holder
        )
        return LinkUrl(url=f"{command.settings.public_url}{purpose.address or f'/api/{service}/v1/links'}/{token}")


def _showing(links: Links) -> Endpoint:
    async def show_link(request: Request, token: Token) -> Response:
        return await _LinkVisit(links, request, token).answer(None)

    return show_link


def _acting(links: Links) -> Endpoint:
    async def act_on_link(request: Request, token: Token, action: Annotated[str, Path(max_length=64)]) -> Response:
        async def act(visit: _LinkVisit) -> Page:
            return await visit.act(action)

        return await _LinkVisit(links, request, token).answer(act)

    return act_on_link


class _LinkVisit:
    """One request to a link. Whatever happens, the answer is a page for a person, or for a program what it says."""

    def __init__(self, links: Links, request: Request, token: str) -> None:
        self._commands = commands_of(request)
        self._site = self._commands.site
        self._links = links
        self._request = request
        self._token = token
        self._language = preferred_language(request.headers.get("accept-language"))
        accepted = request.headers.get("accept", "")
        self._for_program = "application/json" in accepted and "text/html" not in accepted
        self._tokens: LinkTokens = self._site.context.views[LinkTokens]  # type: ignore[assignment]

    async def answer(self, act: Callable[[_LinkVisit], Awaitable[Page]] | None) -> Response:
        try:
            page = await (self.show() if act is None else act(self))
        except Exception as error:  # noqa: BLE001 - also a defect of ours is told as a page
            if self._for_program:
                return problems.answer(refusal_for(error), self._language)
            page = await self._refused(error)
        if self._for_program and page.told is not None:
            return JSONResponse(page.told.model_dump(mode="json"), page.status, {"Cache-Control": PRIVATE})
        return render(page, self._language, f"/api/{self._site.service}/v1/links/{self._token}")

    async def show(self) -> Page:
        link, purpose = await self._open()
        link.check(self._site.context.clock.now())
        return await self._shown(link, purpose)

    async def act(self, action: str) -> Page:
        _expect_same_origin(self._request, self._site.settings.public_origin)
        fields = await bodies.read_form(self._request, _MAX_FORM_BYTES)
        link, purpose = await self._open()
        known = self._renewal(purpose) if action == RENEWAL else purpose.actions.get(action)
        if known is None:
            raise LinkUnknown
        performed = await self._commands.perform(self._command(link, purpose, action, known, fields))
        # A repetition shows the page as it is now: what the form did is to be seen there.
        return performed.result if performed.command else await self._shown(link, purpose)

    def _command(
        self, link: LinkToken, purpose: Purpose, action: str, known: LinkAction, fields: dict[str, str]
    ) -> Act:
        repeatable = not purpose.single_use and action != RENEWAL
        key, version = fields.pop(KEY_FIELD, None), fields.pop(VERSION_FIELD, None)
        caller = self._caller(link)
        operation = f"{purpose.name}.{action}"
        once = None
        if repeatable:
            content = [part for pair in sorted(fields.items()) for part in pair]
            once = Once.of(caller.actor, operation, idempotency.checked_key(key), *content)

        async def decide(command: Command) -> Page:
            current = await self._tokens.opened_by(self._token)
            if action == RENEWAL:
                self._tokens.replace(command, current)
                return await known.act(current, fields, command)
            current.check(command.now)
            if purpose.single_use:
                self._tokens.use(command, current)
            return await known.act(current, fields, command)

        return Act(
            operation=operation,
            caller=caller,
            line=f"{purpose.name}:{link.subject}",
            decide=decide,
            once=once,
            if_match=IfMatch.read(etag_of(version)) if known.changes and not purpose.single_use else None,
            cookies=self._request.cookies,
        )

    async def _open(self) -> tuple[LinkToken, Purpose]:
        link = await self._tokens.opened_by(self._token)
        purpose = self._links.purposes.get(link.purpose)
        if purpose is None or purpose.show is None:
            raise LinkUnknown
        return link, purpose

    async def _shown(self, link: LinkToken, purpose: Purpose) -> Page:
        if purpose.show is None:
            raise LinkUnknown
        return await purpose.show(link, Reader(self._site, self._caller(link)))

    def _caller(self, link: LinkToken) -> Caller:
        return Caller(Kind.LINK, link.id, person_id=link.holder, language=self._language)

    @staticmethod
    def _renewal(purpose: Purpose) -> LinkAction | None:
        renew = purpose.renew
        if renew is None:
            return None

        async def act(link: LinkToken, _fields: dict[str, str], command: Command) -> Page:
            return await renew(link, command)

        return LinkAction(act, changes=False)

    async def _refused(self, error: Exception) -> Page:
        refusal = refusal_for(error)
        if refusal.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            log.error("a link's page failed", code=refusal.code, exc_info=error)
        return refusal_page(refusal, self._language, await self._offers(refusal))

    async def _offers(self, refusal: Refusal) -> list[Form]:
        """Offer a new link on the page of an expired one, where its service can send it."""
        if not isinstance(refusal, LinkExpired):
            return []
        _, purpose = await self._open()
        return [Form(RENEWAL, _RENEW_BUTTON[self._language])] if purpose.renew else []


def _expect_same_origin(request: Request, origin: str) -> None:
    """Take a form from its own page only. Clients that are no browser send neither header, and have no cookies."""
    sent: Any = request.headers.get("origin")
    site = request.headers.get("sec-fetch-site")
    if (sent is not None and sent != origin) or (site is not None and site != "same-origin"):
        raise ForeignForm
