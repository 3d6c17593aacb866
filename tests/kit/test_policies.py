"""Policies: nobody is let in by default, and one table says whom each endpoint admits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.things.service import build

from missionare.kit.callers import Caller, Kind
from missionare.kit.policies import markdown, policy_table
from missionare.kit.policy import Policy
from missionare.kit.refusals import Forbidden, Unauthenticated
from missionare.kit.routes import Answer, Body, Command, Done, Misdeclared, Reader, Routes
from missionare.kit.service import NoPolicy, Service
from missionare.kit.settings import Settings
from missionare.kit.testing import Platform, settings_for

VISITOR = Caller.visitor()
PERSON = Caller(Kind.PERSON, "p1", person_id="p1")
REVIEWER = Caller(Kind.PERSON, "p2", person_id="p2", roles=frozenset({"reviewer"}))
KEY = Caller(Kind.KEY, "k1", roles=frozenset({"reviewer"}))
FRIEND = Caller(Kind.SERVICE, "friend")
STRANGER = Caller(Kind.SERVICE, "stranger")
LINK = Caller(Kind.LINK, "l1", person_id="p1")
EVERYBODY = (VISITOR, PERSON, REVIEWER, KEY, FRIEND, STRANGER, LINK)


@pytest.fixture
def undeclared(tmp_path: Path) -> Service:
    """The imaginary service, only declared: nothing is connected."""
    return build(settings_for("things", "mongodb://127.0.0.1/things", tmp_path, kind=Settings))


@pytest.mark.parametrize(
    ("policy", "admitted"),
    [
        (Policy.public(), EVERYBODY),
        (Policy.signed_in(), (PERSON, REVIEWER, KEY)),
        (Policy.roles("reviewer"), (REVIEWER, KEY)),
        (Policy.roles(), ()),
        (Policy.services("friend"), (FRIEND,)),
        (Policy.services(), (FRIEND, STRANGER)),
        (Policy.link(), EVERYBODY),
        (Policy(), ()),
        (Policy.roles("reviewer") | Policy.services("friend"), (REVIEWER, KEY, FRIEND)),
    ],
    ids=str,
)
def test_a_policy_admits_whom_it_names_and_nobody_else(policy: Policy, admitted: tuple[Caller, ...]) -> None:
    assert tuple(caller for caller in EVERYBODY if policy.admits(caller)) == admitted


def test_who_is_not_signed_in_is_asked_to_and_who_is_is_refused() -> None:
    with pytest.raises(Unauthenticated):
        Policy.roles("reviewer").check(VISITOR)
    with pytest.raises(Forbidden):
        Policy.roles("reviewer").check(PERSON)


def test_a_role_of_a_service_counts_for_nothing() -> None:
    assert not Policy.roles("reviewer").admits(Caller(Kind.SERVICE, "friend", roles=frozenset({"reviewer"})))


def test_the_process_does_not_start_with_a_route_that_has_no_policy(undeclared: Service) -> None:
    app = undeclared.app

    @app.get("/open")
    async def open_door() -> None: ...

    from missionare.kit.service import check_policies

    with pytest.raises(NoPolicy, match="/open has no policy"):
        check_policies(app.router.routes)


def test_a_route_cannot_be_declared_without_a_policy() -> None:
    routes = Routes("things")

    with pytest.raises(TypeError, match="policy"):
        routes.get("/things")  # type: ignore[call-arg]
    with pytest.raises(Misdeclared, match="policy"):

        @routes.get("/things", policy=None)  # type: ignore[arg-type]
        async def read() -> None: ...


async def _takes_reader(reader: Reader) -> None: ...
async def _takes_command(command: Command) -> Done:
    return command.done("x")


class _Said(Body):
    word: str


class _Shown(Answer):
    id: str


async def _reads_with_body(said: _Said, reader: Reader) -> None: ...


@pytest.mark.parametrize(
    ("method", "function", "how", "problem"),
    [
        ("post", _takes_reader, {}, "takes a Command"),
        ("get", _takes_command, {}, "takes a Reader"),
        ("get", _reads_with_body, {}, "takes no body"),
        ("post", _takes_command, {"changes": True, "once": False}, "needs Idempotency-Key"),
        ("post", _takes_command, {"answers": _Shown}, "needs shows="),
    ],
)
def test_a_declaration_that_cannot_work_is_refused_at_once(
    method: str, function: Any, how: dict[str, Any], problem: str
) -> None:
    with pytest.raises(Misdeclared, match=problem):
        getattr(Routes("things"), method)("/x", policy=Policy.public(), **how)(function)


def test_two_routes_cannot_share_an_operation_id_or_an_address(undeclared: Service) -> None:
    twin = Routes("things")

    @twin.get("/elsewhere", policy=Policy.public())
    async def read_thing(reader: Reader) -> None: ...

    with pytest.raises(Misdeclared, match="read_thing is declared twice"):
        build(undeclared.settings, routes=[*undeclared.routes, twin]).declared_routes()


def test_the_table_has_every_endpoint_with_what_it_asks_for(undeclared: Service) -> None:
    rows = {row.operation: row for row in policy_table([undeclared])}

    assert rows["approve_thing"].headers == ("Idempotency-Key", "If-Match")
    assert rows["approve_thing"].policy == "roles: reviewer"
    assert rows["make_thing"].on_behalf == "roles: reviewer"
    assert rows["make_thing"].headers == ("Idempotency-Key", "(On-Behalf-Of)")
    assert rows["begin_session"].headers == ()
    assert rows["read_facts"].policy == "services: any"
    assert rows["act_on_link"].policy == "link"
    assert "| things | GET | `/health/live` | live | public |  |  |" in markdown(rows.values())


async def test_the_table_and_the_running_application_are_the_same(things: Platform) -> None:
    table = {(row.method, row.path) for row in policy_table([things.service])}

    running = {(method, route.path) for route in things.service.app.router.routes for method in route.methods}  # type: ignore[attr-defined]

    assert running == table


async def test_every_endpoint_refuses_whom_its_policy_does_not_name(things: Platform) -> None:
    callers = {
        VISITOR: things.as_visitor(),
        PERSON: things.as_person("p1"),
        REVIEWER: things.as_person("p2", roles=["reviewer"]),
        KEY: things.as_key("k1", roles=["reviewer"]),
        FRIEND: things.as_service("friend"),
        STRANGER: things.as_service("stranger"),
    }
    for route in things.service.declared_routes():
        path = route.path.replace("{thing_id}", "x").replace("{token}", "x").replace("{action}", "x")
        for caller, client in callers.items():
            answer = await client.send(route.method, path)
            refused = answer.status_code in {401, 403} and answer.json()["code"] in {"unauthenticated", "forbidden"}
            assert refused is not route.policy.admits(caller), f"{caller.actor} {route.method} {path}"
