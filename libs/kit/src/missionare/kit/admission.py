"""Admission: who sends this request, and for whom. Decided before anything else about it is looked at."""

from __future__ import annotations

import re
from typing import ClassVar, Final
from urllib.parse import unquote

from fastapi import Request

from missionare.kit.callers import Caller, Channel, OnBehalf, preferred_language
from missionare.kit.logs import log
from missionare.kit.policy import Policy
from missionare.kit.problems import MalformedHeader
from missionare.kit.refusals import Refusal, Text
from missionare.kit.tokens import InvalidToken, Verifier

ON_BEHALF_OF: Final = "On-Behalf-Of"
ON_BEHALF_CHANNEL: Final = "On-Behalf-Channel"
ON_BEHALF_WHY: Final = "On-Behalf-Why"
_LONGEST_WHY: Final = 500
_LONGEST_ID: Final = 64
_TRACEPARENT: Final = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


class OnBehalfNotOffered(Refusal):
    """This can only be done for oneself."""

    status = 403
    title: ClassVar[Text] = {"de": "Nur für sich selbst", "en": "Only for oneself"}
    text: ClassVar[Text] = {
        "de": "Dieser Vorgang kann nicht im Auftrag anderer erledigt werden. Lassen Sie die Kopfzeilen On-Behalf-* "
        "weg.",
        "en": "This cannot be done on behalf of somebody else. Leave out the headers On-Behalf-*.",
    }


def traceparent(request: Request) -> str | None:
    """Give the trace this request belongs to (W3C Trace Context), or None where the header is absent or malformed."""
    header = request.headers.get("traceparent", "")
    return header if _TRACEPARENT.fullmatch(header) else None


async def identify(request: Request, verifier: Verifier | None) -> Caller:
    """Give the caller that the request's token proves; without a token, or with nobody to verify it, a visitor.

    Raises:
        Unauthenticated: there is a token, and it is not valid. It is never quietly taken for a visitor's.
    """
    language = preferred_language(request.headers.get("accept-language"))
    if verifier is None or "authorization" not in request.headers:
        return Caller.visitor(language)
    try:
        return (await verifier.verify(_bearer(request))).caller(language)
    except InvalidToken as refusal:
        log.info("token refused", reason=refusal.reason)
        raise


def on_behalf(request: Request) -> OnBehalf | None:
    """Read for whom a member of staff acts, or None where they act for themselves.

    Raises:
        MalformedHeader: one of the three headers is missing, empty or unreadable.
    """
    values = {name: request.headers.get(name) for name in (ON_BEHALF_OF, ON_BEHALF_CHANNEL, ON_BEHALF_WHY)}
    if not any(values.values()):
        return None
    subject = _required(values, ON_BEHALF_OF, "die Kennung der Person oder Organisation", "the id of whom it is for")
    channel = _required(values, ON_BEHALF_CHANNEL, "telephone, paper oder counter", "telephone, paper or counter")
    why = _required(values, ON_BEHALF_WHY, "ein Satz (UTF-8, prozentkodiert)", "a sentence (UTF-8, percent-encoded)")
    if channel not in set(Channel) or len(subject) > _LONGEST_ID or len(why) > _LONGEST_WHY:
        name = ON_BEHALF_CHANNEL if channel not in set(Channel) else f"{ON_BEHALF_OF}, {ON_BEHALF_WHY}"
        raise MalformedHeader(
            header=name,
            wanted={
                "de": "telephone, paper oder counter; kurze Werte",
                "en": "telephone, paper or counter; short values",
            },
        )
    return OnBehalf(subject, Channel(channel), why)


def admit(caller: Caller, policy: Policy, behalf_policy: Policy | None, behalf: OnBehalf | None) -> None:
    """Ask the policy that applies: the route's own, or the one for acting on behalf.

    Raises:
        Unauthenticated: nobody is signed in.
        Forbidden: the caller may not.
        OnBehalfNotOffered: the route knows no acting for others.
    """
    if behalf is None:
        policy.check(caller)
    elif behalf_policy is not None:
        behalf_policy.check(caller)
    else:
        policy.check(caller)
        raise OnBehalfNotOffered


def _bearer(request: Request) -> str:
    values = request.headers.getlist("authorization")
    scheme, _, token = values[0].partition(" ")
    if len(values) > 1 or scheme.lower() != "bearer":
        raise InvalidToken("not one bearer token")
    return token.strip()


def _required(values: dict[str, str | None], name: str, german: str, english: str) -> str:
    value = unquote(values[name] or "", errors="replace").strip()
    if not value:
        raise MalformedHeader(header=name, wanted={"de": german, "en": english})
    return value
