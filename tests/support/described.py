"""Every answer in any test is one that the OpenAPI document names: by its status, and a refusal by its code."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import httpx2

from missionare.kit.problems import MEDIA_TYPE
from missionare.kit.service import Service

CONTRACTS = Path(__file__).parents[2] / "contracts"
DEFECT = 500
"""What is wrong inside is described nowhere, and found by whoever asks for something else."""
ANYWHERE = frozenset({"route_unknown", "method_not_allowed"})


async def expect_described(service: Service, response: httpx2.Response) -> None:
    """Fail where a service answers what nobody is told that it may."""
    request = response.request
    operation = described(service.name, request.method.lower(), request.url.path)
    if operation is None or response.status_code == DEFECT:
        return
    status, code, name = str(response.status_code), await code_of(response), operation["operationId"]
    if code in ANYWHERE:
        return
    if (answer := operation["responses"].get(status)) is None:
        raise AssertionError(f"{name} answers {status}, and its description does not say so: {await told(response)}")
    if code and code not in answer["content"][MEDIA_TYPE]["examples"]:
        raise AssertionError(f"{name} refuses with {status} {code}, and its description does not say so")


async def code_of(response: httpx2.Response) -> str:
    if response.headers.get("content-type") != MEDIA_TYPE:
        return ""
    return str(json.loads(await response.aread()).get("code", ""))


async def told(response: httpx2.Response) -> str:
    return (await response.aread())[:300].decode(errors="replace")


def described(service: str, method: str, path: str) -> Any:
    """Give the description of what was asked, or None where there is none, as of services that only tests have."""
    for address, operations in addresses(service):
        if method in operations and address.fullmatch(path):
            return operations[method]
    return None


@cache
def addresses(service: str) -> list[tuple[re.Pattern[str], Any]]:
    """Give every address of a service with what is described there, those without places first."""
    found = [
        (path.count("{"), re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))), operations)
        for document in sorted((CONTRACTS / service).glob("*openapi.json"))
        for path, operations in json.loads(document.read_text(encoding="utf-8"))["paths"].items()
    ]
    return [(address, operations) for _, address, operations in sorted(found, key=lambda one: one[0])]
