"""Forms: what somebody typed, what is wrong with it, and the hidden fields that make sending it safe.

Nothing typed is lost: a form that is refused is shown again with everything in it, and one whose session has ended
in between is offered for sending again after signing in.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Final

from fastapi import Request
from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer

from missionare.kit import bodies
from missionare.kit.callers import Caller
from missionare.kit.ids import uuid7
from missionare.kit.pages import KEY_FIELD, VERSION_FIELD
from missionare.kit.refusals import Forbidden, Text
from missionare.web import uploads
from missionare.web.services import Refused
from missionare.web.uploads import Upload

TOKEN_FIELD: Final = "form_token"  # noqa: S105 - the name of a field
NAME_FIELD: Final = "form_name"
VALID_SECONDS: Final = 12 * 3_600
"""Longer than a working day with a lunch break: a form may be left open."""
MAX_FORM_BYTES: Final = 262_144
HIDDEN: Final = frozenset({TOKEN_FIELD, NAME_FIELD, KEY_FIELD, VERSION_FIELD})
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


class ForeignForm(Forbidden):
    """The form was not sent from one of our pages."""

    title: ClassVar[Text] = {"de": "Nicht von dieser Seite", "en": "Not from this page"}
    text: ClassVar[Text] = {
        "de": "Die Eingabe kam nicht von einer Seite dieser Plattform, oder die Seite war zu lange offen. Es ist "
        "nichts geschehen. Unten steht, was Sie geschrieben haben; von hier aus können Sie es senden.",
        "en": "This was not sent from a page of this platform, or the page was open for too long. Nothing has "
        "happened. What you wrote stands below; from here you can send it.",
    }


class FormTokens:
    """Signs forms, so that only a page of ours can have sent them, to the person it was shown to."""

    def __init__(self, secret: bytes) -> None:
        """Sign with a secret that all processes of the pages share."""
        self._serializer = URLSafeTimedSerializer(secret, salt="missionare.web.forms")
        self._drafts = URLSafeTimedSerializer(secret, salt="missionare.web.drafts")

    @classmethod
    def from_key_file(cls, path: Path | None) -> FormTokens:
        """Derive the secret from the process's own key file; without one, forms end with the process."""
        seed = path.read_bytes() if path else uuid7().encode()
        return cls(hashlib.sha256(b"forms of the pages\n" + seed).digest())

    def make(self, name: str, caller: Caller) -> str:
        """Sign a form for whoever looks at it."""
        return str(self._serializer.dumps([name, caller.actor]))

    def check(self, token: str, name: str, caller: Caller, *, same_page: bool = False) -> None:
        """Take a token that was made for this form and person, not long ago.

        Args:
            token: what the form carries.
            name: of the form.
            caller: who sends it.
            same_page: the browser itself says that our own page sent it. Then one shown to a visitor is taken, too:
                whoever signed in meanwhile need not type again.

        Raises:
            ForeignForm: it was not.
        """
        try:
            made_for = self._serializer.loads(token, max_age=VALID_SECONDS)
        except (BadSignature, SignatureExpired):
            raise ForeignForm from None
        shown_to = {caller.actor, Caller.visitor().actor} if same_page else {caller.actor}
        if made_for not in [[name, actor] for actor in shown_to]:
            raise ForeignForm

    def seal(self, name: str, values: Mapping[str, str]) -> str:
        """Sign what was typed into a form, to be kept by whoever typed it."""
        return str(self._drafts.dumps([name, dict(values)]))

    def unsealed(self, name: str, sealed: str, *, seconds: int) -> dict[str, str]:
        """Give what `seal` was given for this form, not longer ago than so many seconds; another form's is empty.

        Raises:
            BadSignature: it was not sealed here, or longer ago.
        """
        made_for, values = self._drafts.loads(sealed, max_age=seconds)
        return dict(values) if made_for == name else {}


@dataclass(frozen=True)
class Problem:
    """What is wrong with one field, in the person's language."""

    field: str
    message: str


@dataclass
class Form:
    """A form on a page: empty, or as it was sent."""

    name: str
    token: str
    key: str = field(default_factory=uuid7)
    version: str | None = None
    values: dict[str, str] = field(default_factory=dict)
    files: dict[str, Upload] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    refusal: Refused | None = None
    """Why the service did not do it, where that concerns no single field."""

    def __getitem__(self, name: str) -> str:
        """Give what stands in a field; empty where nothing does."""
        return self.values.get(name, "")

    def problem(self, name: str) -> str | None:
        """Give what is wrong with a field."""
        return next((problem.message for problem in self.problems if problem.field == name), None)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong so far."""
        return not self.problems and self.refusal is None

    @property
    def hidden(self) -> dict[str, str]:
        """The fields that nobody sees."""
        version = {} if self.version is None else {VERSION_FIELD: self.version}
        return {TOKEN_FIELD: self.token, NAME_FIELD: self.name, KEY_FIELD: self.key, **version}

    @property
    def kept(self) -> dict[str, str]:
        """The key and version it was sent with: sending it again must not act twice."""
        version = {} if self.version is None else {VERSION_FIELD: self.version}
        return {KEY_FIELD: self.key, **version}

    def wrong(self, name: str, message: str) -> None:
        """Note what is wrong with a field; of several things the first counts."""
        if self.problem(name) is None:
            self.problems.append(Problem(name, message))

    def need(self, messages: Mapping[str, str]) -> None:
        """Ask for fields: name to what is said where it is empty."""
        for name, message in messages.items():
            if not self[name].strip():
                self.wrong(name, message)

    def need_email(self, name: str, message: str) -> None:
        """Ask for something that looks like a mail address."""
        if not _EMAIL.fullmatch(self[name].strip()):
            self.wrong(name, message)

    def choose(self, name: str, allowed: Iterable[str], message: str) -> None:
        """Ask for one of the values that the form offers."""
        if self[name] not in set(allowed):
            self.wrong(name, message)

    def text(self, name: str) -> str | None:
        """Give a field without the spaces around it, or None where it is empty."""
        return self[name].strip() or None

    def refused(self, refusal: Refused, places: Mapping[str, str] | None = None) -> Form:
        """Put a service's refusal where it belongs: at its fields, else above the form.

        Args:
            refusal: what the service said.
            places: the service's names of fields to the form's, where they differ.
        """
        known = places or {}
        for name, message in refusal.fields.items():
            self.wrong(known.get(name, name.rpartition(".")[2]), message)
        if not refusal.fields:
            self.refusal = refusal
        return self


async def received(request: Request, name: str | None = None) -> Form:
    """Read a form as it was sent, without judging it yet; which one it is it says itself, unless named."""
    files: dict[str, Upload] = {}
    if uploads.came(request):
        fields, files = await uploads.read(request)
    else:
        fields = await bodies.read_form(request, MAX_FORM_BYTES)
    form = Form(
        name=name if name is not None else fields.get(NAME_FIELD, ""),
        token=fields.get(TOKEN_FIELD, ""),
        key=fields.get(KEY_FIELD) or uuid7(),
        version=fields.get(VERSION_FIELD),
        values={field: value for field, value in fields.items() if field not in HIDDEN},
        files=files,
    )
    request.state.received = form
    return form


def expect_same_origin(request: Request, origin: str) -> None:
    """Take a form from our own pages only, as the browser tells it.

    Raises:
        ForeignForm: another site sent it.
    """
    sent, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    if (sent is not None and sent != origin) or (site is not None and site != "same-origin"):
        raise ForeignForm
