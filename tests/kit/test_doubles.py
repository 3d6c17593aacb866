"""The doubles that ship for the services' own tests do what the real things do."""

from __future__ import annotations

import pytest

from missionare.kit.peers import PeerRefused, PeerUnavailable
from missionare.kit.testing import FakePeers, MovableClock, Outside, Platform


async def test_what_others_tell_reaches_the_handlers_once_and_timers_fire_when_their_time_has_come(
    things: Platform, clock: MovableClock
) -> None:
    outside = Outside(things)
    opened = outside.fact("boxes.BoxOpened", "box", box_id="b1", by="p1")

    await outside.tell(opened, opened)
    assert [fact.type for fact in await outside.own()] == ["things.thing_made.v1"]

    clock.move(days=1)
    await outside.settle()
    assert [fact.data()["by"] for fact in await outside.own("ThingApproved")] == ["nobody"]
    listed = (await things.as_person("p1").get("/api/things/v1/things")).json()["items"]
    assert [(thing["name"], thing["state"]) for thing in listed] == [("b1", "approved")]


async def test_a_peer_answers_what_was_laid_down_and_remembers_who_asked() -> None:
    peers = FakePeers({("friend", "/internal/x"): {"x": 1}, ("friend", "/echo"): lambda sent: sent})
    peers.away("friend", "/away")

    assert await peers.get("friend", "/internal/x") == {"x": 1}
    assert await peers.post("friend", "/echo", json={"y": 2}) == {"y": 2}
    with pytest.raises(PeerUnavailable):
        await peers.get("friend", "/away")
    with pytest.raises(PeerRefused):
        await peers.get("friend", "/unknown")
    assert peers.calls[1] == ("POST", "friend", "/echo", {"y": 2})
