"""Calls between services: signed, and with two kinds of failure."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from missionare.kit import logs
from missionare.kit.keys import KeyDirectory
from missionare.kit.peers import PeerRefused, Peers, PeerUnavailable, http_client
from missionare.kit.tokens import Signer, SigningKeys, Verifier

US = Signer("us", SigningKeys.generate())


def peers(answer: httpx2.Response | Exception, seen: list[httpx2.Request] | None = None) -> Peers:
    def respond(request: httpx2.Request) -> httpx2.Response:
        if seen is not None:
            seen.append(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return Peers(http_client(httpx2.MockTransport(respond)), US, {"friend": "http://friend"})


async def test_a_call_proves_who_calls_and_for_whom_it_is_meant() -> None:
    seen: list[httpx2.Request] = []

    with logs.correlated("0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"):
        assert await peers(httpx2.Response(200, json={"x": 1}), seen).get("friend", "/internal/x") == {"x": 1}

    async def keys(_url: str) -> Any:
        return US.keys.public()

    token = seen[0].headers["authorization"].removeprefix("Bearer ")
    claims = await Verifier("friend", "issuer", KeyDirectory(keys, {"us": "http://us"})).verify(token)
    assert (claims.iss, claims.sub, claims.kind, claims.roles) == ("us", "us", "service", [])
    assert seen[0].headers["x-correlation-id"] == "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"


async def test_a_command_to_a_peer_carries_a_key_that_can_be_repeated() -> None:
    seen: list[httpx2.Request] = []
    friend = peers(httpx2.Response(204), seen)

    assert await friend.post("friend", "/internal/x", json={}, idempotency_key="k-1") is None
    await friend.post("friend", "/internal/x", json={})

    assert seen[0].headers["idempotency-key"] == "k-1"
    assert seen[1].headers["idempotency-key"] != "k-1"


@pytest.mark.parametrize(
    "answer",
    [
        httpx2.ConnectError("refused"),
        httpx2.ReadTimeout("slow"),
        httpx2.RemoteProtocolError("cut"),
        httpx2.Response(500),
        httpx2.Response(503, json={"code": "unavailable"}),
        httpx2.Response(429),
        httpx2.Response(200, text="<html>"),
    ],
    ids=str,
)
async def test_what_may_succeed_later_is_unavailable(answer: httpx2.Response | Exception) -> None:
    with pytest.raises(PeerUnavailable):
        await peers(answer).get("friend", "/x")


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [
        (httpx2.Response(404, json={"code": "thing_unknown"}), 404, "thing_unknown"),
        (httpx2.Response(422, text="no problem document"), 422, "unknown"),
        (httpx2.Response(403, json=[]), 403, "unknown"),
    ],
)
async def test_what_will_be_refused_again_is_a_refusal(answer: httpx2.Response, status: int, code: str) -> None:
    with pytest.raises(PeerRefused) as caught:
        await peers(answer).get("friend", "/x")

    assert (caught.value.status, caught.value.code) == (status, code)


async def test_an_address_that_is_not_configured_is_named() -> None:
    with pytest.raises(LookupError, match="MISSIONARE_PEERS does not name stranger"):
        await peers(httpx2.Response(200)).get("stranger", "/x")


async def test_a_redirect_is_not_followed() -> None:
    seen: list[httpx2.Request] = []

    with pytest.raises(PeerUnavailable):
        await peers(httpx2.Response(302, headers={"location": "http://evil.example"}), seen).get("friend", "/x")

    assert len(seen) == 1
