"""A visit: one request for a page, with everything that a page needs to answer it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import Depends, Request, Response

from missionare.kit.admission import identify
from missionare.kit.callers import Caller, Language
from missionare.kit.clock import Clock
from missionare.kit.problems import RouteUnknown, Unavailable
from missionare.kit.refusals import Unauthenticated
from missionare.kit.tokens import Verifier
from missionare.web import forms, headers, rendering
from missionare.web.assets import Assets
from missionare.web.formats import Formats
from missionare.web.forms import Form, FormTokens
from missionare.web.languages import LANGUAGES, NAMES, translations, within
from missionare.web.services import Asked, Away, Credentials, Services
from missionare.web.settings import WebSettings

HTML: Final = "text/html; charset=utf-8"


@dataclass(frozen=True)
class Site:
    """What all visits of this process share."""

    settings: WebSettings
    services: Services
    verifier: Verifier
    tokens: FormTokens
    assets: Assets
    clock: Clock


class Visit:
    """One request for a page."""

    def __init__(self, site: Site, request: Request, caller: Caller) -> None:
        """Begin it."""
        self.site = site
        self.request = request
        self.caller = caller
        self.language: Language = caller.language
        self.formats = Formats(self.language)
        authorization = request.headers.get("authorization") if caller.signed_in else None
        self.ask = Asked(site.services, Credentials(self.language, authorization))

    def speak(self, language: Language) -> None:
        """Go on in another language, where the address does not say which."""
        self.language = language
        self.formats = Formats(language)

    # --- words and addresses ---------------------------------------------------------------------------------------

    def say(self, message: str, **values: Any) -> str:
        """Give a sentence in the person's language; `{name}` in it is filled from the values."""
        worded = translations(self.language).gettext(message)
        return worded.format(**values) if values else worded

    def url(self, path: str, **query: Any) -> str:
        """Give the address of a page in the person's language."""
        given = [(name, value) for name, value in query.items() if value not in (None, "", [], ())]
        return within(path, self.language) + (f"?{urlencode(given, doseq=True)}" if given else "")

    def absolute(self, path: str, language: Language | None = None) -> str:
        """Give the whole address of a page, for feeds and files that leave the platform."""
        return self.site.settings.public_url + within(path, language or self.language)

    @property
    def path(self) -> str:
        """The path without its language."""
        return str(self.request.scope["path"])

    @property
    def goes_on(self) -> bool:
        """Whether this is a further page of a list."""
        return "cursor" in self.request.query_params

    # --- forms -----------------------------------------------------------------------------------------------------

    def form(self, name: str, version: int | str | None = None, **values: str) -> Form:
        """Give an empty form, or one that begins with these values."""
        token = self.site.tokens.make(name, self.caller)
        return Form(name, token, version=None if version is None else str(version), values=values)

    async def submitted(self, name: str) -> Form:
        """Read a form that was sent here, and refuse a stranger's.

        Raises:
            Resend: it came from elsewhere, or too late; what was typed is kept.
        """
        form = await forms.received(self.request, name)
        try:
            forms.expect_same_origin(self.request, self.site.settings.public_origin)
            proved = self.request.headers.get("sec-fetch-site") == "same-origin"
            self.site.tokens.check(form.token, name, self.caller, same_page=proved)
        except forms.ForeignForm as refusal:
            raise Resend(refusal, form) from None
        form.token = self.site.tokens.make(name, self.caller)
        return form

    # --- answers ---------------------------------------------------------------------------------------------------

    def page(self, template: str, *, status: int = HTTPStatus.OK, keep: bool = True, **values: Any) -> Response:
        """Give a page.

        Args:
            template: its file below `templates/`.
            status: of the answer.
            keep: whether the browser may keep it; not where it shows a form or anything of one person.
            values: what the template shows.
        """
        html = rendering.render(template, self.language, {**self._everywhere(), **values})
        kept = keep and status == HTTPStatus.OK and not self.caller.signed_in
        sent = {
            **headers.PAGE,
            "Content-Language": self.language,
            "Vary": "Cookie, Authorization",
            "Cache-Control": headers.KEPT if kept else headers.NOT_KEPT,
        }
        response = Response(html, status, sent, media_type=HTML)
        return headers.with_tag(self.request, response) if kept else response

    def nothing_here(self) -> Response:
        """Say that there is no such page."""
        raise RouteUnknown

    def away(self) -> Response:
        """Say that what this page is about cannot be read now."""
        raise Away("a service")

    def file(self, content: bytes, media_type: str, *, name: str | None = None) -> Response:
        """Give a file that everybody may have; with a name, to be kept under it."""
        sent = {**headers.PAGE, "Cache-Control": headers.KEPT}
        if name:
            sent["Content-Disposition"] = f'attachment; filename="{name}"'
        return headers.with_tag(self.request, Response(content, headers=sent, media_type=media_type))

    def go(self, path: str, **query: Any) -> Response:
        """Send the browser to another page after something was done (post, redirect, get)."""
        return Response(status_code=303, headers={"Location": self.url(path, **query), "Cache-Control": "no-store"})

    def moved(self, path: str) -> Response:
        """Lead to where this is from now on; whoever kept the old address may keep the new one instead."""
        sent = {"Location": self.url(path), "Cache-Control": headers.KEPT}
        return Response(status_code=HTTPStatus.MOVED_PERMANENTLY, headers=sent)

    def _everywhere(self) -> Mapping[str, Any]:
        query = self.request.url.query
        here = self.path + (f"?{query}" if query else "")
        others = [(other, NAMES[other], within(here, other)) for other in LANGUAGES if other != self.language]
        return {
            "visit": self,
            "url": self.url,
            "asset": self.site.assets.address,
            "agency": self.site.settings,
            "caller": self.caller,
            "place": self.path,
            "other_languages": others,
            "canonical": self.absolute(self.path),
            "alternates": [(each, self.absolute(self.path, each)) for each in LANGUAGES],
        }


class Resend(Exception):
    """A form that could not be taken as it came: what was typed is shown, and can be sent from there."""

    def __init__(self, refusal: Unauthenticated | forms.ForeignForm, form: Form) -> None:
        """Keep why, and what was typed."""
        super().__init__(refusal.code)
        self.refusal = refusal
        self.form = form


async def visit_of(request: Request) -> Visit:
    """Find out who looks at the page. Where nobody can say because members is away, it is a visitor."""
    site: Site = request.app.state.site
    language: Language = request.scope["state"]["language"]
    try:
        caller = await identify(request, site.verifier)
    except (Unauthenticated, Unavailable):
        caller = Caller.visitor()
    request.state.caller = caller
    return Visit(
        site, request, Caller(caller.kind, caller.id, caller.person_id, caller.roles, caller.organisation_id, language)
    )


Visiting = Annotated[Visit, Depends(visit_of)]
"""How a page asks for its visit: `async def start(visit: Visiting) -> Response`."""
