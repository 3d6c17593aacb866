"""What the tests of webhooks do with one."""

from __future__ import annotations

from typing import Any

from notifications.region import API, Region

from missionare.kit.testing import As

HOOKS = f"{API}/webhooks"


async def register(region: Region, url: str, *types: str, who: As | None = None) -> dict[str, Any]:
    """Register a webhook and let it be verified; gives it with its secret, as it was shown then."""
    answer = await (who or region.chamber).post(HOOKS, {"url": url, "types": list(types)})
    assert answer.status_code == 201, answer.text
    await region.settle()
    return dict(answer.json())


async def shown(region: Region, hook: dict[str, Any]) -> dict[str, Any]:
    return dict((await region.operator.get(f"{HOOKS}/{hook['id']}")).json())


async def deliveries(region: Region, hook: dict[str, Any]) -> list[tuple[str, int | None, str | None]]:
    """What was tried, the oldest first."""
    items = (await region.chamber.get(f"{HOOKS}/{hook['id']}/deliveries")).json()["items"]
    return [(item["type"], item["status"], item["failure"]) for item in reversed(items)]


async def act(region: Region, hook: dict[str, Any], name: str = "", **how: Any) -> Any:
    """Change a webhook as its owner; gives the answer."""
    now = await shown(region, hook)
    path = f"{HOOKS}/{hook['id']}/{name}".rstrip("/")
    return await region.chamber.send(how.pop("method", "POST"), path, match=now["version"], **how)
