"""What the gateway lets through, in front of stand-ins that echo what arrives."""

import json
import socket
import time
from contextlib import contextmanager

import httpx2
import pytest

pytestmark = pytest.mark.platform

COOKIE = "missionare_session=known"
MEBIBYTE = 1024 * 1024


@pytest.fixture(scope="module")
def gateway(start):
    with start(environment={"STANDIN_WEB": "real"}) as running:
        yield running


@pytest.fixture
def ask(gateway):
    with httpx2.Client(base_url=gateway.url) as client:
        yield client


def arrived(answer):
    assert answer.status_code == 200, answer.text
    return answer.json()


def token_for(answer):
    authorization = arrived(answer)["headers"].get("authorization")
    return json.loads(authorization.removeprefix("Bearer ")) if authorization else None


def raw(url, head, body=b""):
    """Send bytes as they are, which a well-behaved client would not."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(head + b"\r\nHost: x\r\nConnection: close\r\n\r\n" + body)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    return int(answer.split(b" ", 2)[1]), answer


@pytest.mark.parametrize("service", ["members", "journeys", "catalog", "notifications"])
def test_each_api_is_behind_its_name_with_path_and_query_unchanged(ask, service):
    got = arrived(ask.get(f"/api/{service}/v1/things/a:b?x=1&y=%20z&y=%C3%BC"))
    assert (got["who"], got["path"], got["query"]) == (service, f"/api/{service}/v1/things/a:b", "x=1&y=%20z&y=%C3%BC")


def test_a_visitor_s_forged_authorization_and_cookies_do_not_arrive(ask):
    headers = arrived(ask.get("/api/members/v1/x", headers={"Authorization": "Bearer ey.forged", "Cookie": "a=b"}))[
        "headers"
    ]
    assert "authorization" not in headers
    assert "cookie" not in headers


@pytest.mark.parametrize(
    "name",
    ["X-Forwarded-User", "X-Auth-Request-Email", "Remote-User", "X_Forwarded_User", "X-Roles", "X-Correlation-Id"],
)
@pytest.mark.parametrize("signed_in", [False, True])
def test_identity_headers_from_outside_do_not_arrive(ask, name, signed_in):
    cookie = {"Cookie": COOKIE} if signed_in else {}
    headers = arrived(ask.get("/api/members/v1/x", headers={name: "root", **cookie}))["headers"]
    assert name.lower() not in headers
    assert "root" not in headers.values()


@pytest.mark.parametrize("service", ["members", "journeys", "catalog", "notifications"])
def test_a_session_cookie_becomes_a_token_for_exactly_one_audience_and_goes_no_further(ask, service):
    answer = ask.get(
        f"/api/{service}/v1/x?q=1", headers={"Cookie": f"a=b; {COOKIE}", "Authorization": "Bearer ey.forged"}
    )
    assert token_for(answer)["audience"] == service
    assert "cookie" not in answer.json()["headers"]


@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
def test_an_api_key_becomes_a_token_and_goes_no_further(ask, scheme):
    answer = ask.post("/api/journeys/v1/x", headers={"Authorization": f"{scheme} mk_1_secret"}, json={})
    assert token_for(answer)["audience"] == "journeys"


def test_members_is_told_what_it_needs_to_tell_a_browser_s_own_request_from_a_stranger_s(gateway, ask):
    headers = {
        "Cookie": COOKIE,
        "Origin": "https://evil.example",
        "Sec-Fetch-Site": "cross-site",
        "X-Forwarded-Host": "x",
    }
    told = token_for(ask.post("/api/journeys/v1/x?q=1", headers={**headers, "X-Forwarded-Uri": "/y"}))
    assert told == {
        "audience": "journeys",
        "x-forwarded-uri": "/api/journeys/v1/x?q=1",
        "x-forwarded-method": "POST",
        "x-forwarded-host": gateway.url.removeprefix("http://"),
        "x-forwarded-for": "127.0.0.1",
        "origin": "https://evil.example",
        "sec-fetch-site": "cross-site",
    }


def test_an_unknown_session_arrives_as_nobody(ask):
    answer = ask.get("/api/members/v1/x", headers={"Cookie": "missionare_session=unknown", "Authorization": "Bearer x"})
    assert token_for(answer) is None


def test_another_cookie_does_not_select_the_question_to_members(ask):
    answer = ask.get(
        "/api/members/v1/x", headers={"Cookie": "not_missionare_session=known; __Host-missionare_session=1"}
    )
    assert token_for(answer) is None


def test_members_refusal_reaches_the_caller_as_it_is(ask):
    answer = ask.post("/api/journeys/v1/x", headers={"Cookie": "missionare_session=forged-origin"})
    assert (answer.status_code, answer.json()["code"]) == (403, "forged_origin")


@pytest.mark.parametrize("path", ["sign-in", "sign-in/abc", "sessions", "links/abc", "links/abc/confirm"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_members_sees_its_cookies_where_sessions_begin_and_end(ask, path, method):
    cookie = "missionare_entry=1"
    known = arrived(ask.request(method, f"/api/members/v1/{path}", headers={"Cookie": f"{cookie}; {COOKIE}"}))
    assert known["headers"]["cookie"] == f"{cookie}; {COOKIE}"
    assert "authorization" in known["headers"]
    visitor = arrived(ask.request(method, f"/api/members/v1/{path}", headers={"Cookie": cookie}))
    assert visitor["headers"]["cookie"] == cookie
    assert "authorization" not in visitor["headers"]


@pytest.mark.parametrize("path", ["sign-inx", "xlinks/abc", "people/links/abc"])
def test_no_other_route_of_members_sees_cookies(ask, path):
    assert "cookie" not in arrived(ask.get(f"/api/members/v1/{path}", headers={"Cookie": f"a=b; {COOKIE}"}))["headers"]


@pytest.mark.parametrize(
    "path",
    [
        "/internal/facts", "/internal", "/INTERNAL/facts", "//internal/facts", "/%69nternal/facts", "/./internal/facts",
        "/api/members/../../internal/facts", "/api/members/%2e%2e/%2e%2e/internal/facts",
        "/health/live", "/health", "/metrics", "/.well-known/jwks.json", "/problems/429",
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_is_inside_does_not_exist_outside(gateway, path, method):
    status, answer = raw(gateway.url, f"{method} {path} HTTP/1.1".encode())
    assert status == 404
    assert b"route_unknown" in answer


@pytest.mark.parametrize("path", ["/api/members/..%2f..%2finternal/facts", "/api/members/a%5cb", "/api/members/a%00b"])
def test_encoded_separators_are_refused(gateway, path):
    status, _answer = raw(gateway.url, f"GET {path} HTTP/1.1".encode())
    assert status == 400


def test_a_dropped_authorization_cannot_be_made_hop_by_hop(gateway):
    head = f"GET /api/members/v1/x HTTP/1.1\r\nCookie: {COOKIE}\r\nConnection: Authorization, Cookie"
    _status, answer = raw(gateway.url, head.encode())
    assert b"forged" not in answer


@pytest.mark.parametrize(("length", "status"), [(MEBIBYTE, 200), (MEBIBYTE + 1, 413)])
@pytest.mark.parametrize("headers", [{}, {"Cookie": COOKIE}])
def test_a_body_may_have_one_mebibyte(ask, length, status, headers):
    answer = ask.post("/api/journeys/v1/x", content=b"x" * length, headers=headers)
    assert answer.status_code == status
    if status == 413:
        assert_problem(answer, 413, "body_too_large")


def test_a_body_without_announced_length_is_limited_too(ask):
    def pieces():
        for _ in range(20):
            yield b"x" * 100_000

    assert_problem(ask.post("/api/journeys/v1/x", content=pieces()), 413, "body_too_large")


@pytest.mark.parametrize(("length", "status"), [(10 * MEBIBYTE, 200), (10 * MEBIBYTE + 1, 413)])
def test_an_import_may_have_ten(ask, length, status):
    headers = {"Authorization": "Bearer mk_1_secret"}
    answer = ask.post("/api/members/v1/imports", content=b"x" * length, headers=headers)
    assert answer.status_code == status


def test_a_visitor_s_import_may_not(ask):
    answer = ask.post("/api/members/v1/imports", content=b"x" * (2 * MEBIBYTE))
    assert_problem(answer, 413, "body_too_large")


def test_refusals_speak_the_caller_s_language_and_form(ask):
    body = b"x" * (2 * MEBIBYTE)
    english = ask.post("/api/journeys/v1/x", content=body, headers={"Accept-Language": "en"})
    assert english.json()["title"] == "Request too large"
    page = ask.post("/", content=body, headers={"Accept": "text/html"})
    assert page.status_code == 413
    assert page.headers["content-type"].startswith("text/html")
    assert "Anfrage zu groß" in page.text


@pytest.mark.parametrize("status", [409, 422, 500, 503])
def test_a_service_s_own_refusal_is_not_replaced(ask, status):
    answer = ask.get(f"/api/catalog/v1/refusal/{status}")
    assert (answer.status_code, answer.json()["code"]) == (status, "own")


@pytest.mark.parametrize("headers", [{}, {"Cookie": COOKIE}])
def test_a_stream_arrives_piece_by_piece(ask, headers):
    with ask.stream("GET", "/api/journeys/v1/stream", headers=headers) as answer:
        arrivals = [(line, time.time()) for line in answer.iter_lines() if line]
    delays = [at - float(line.split()[2]) for line, at in arrivals]
    assert len(arrivals) == 3
    assert max(delays) < 0.3


def test_web_has_everything_else_and_its_own_audience(ask):
    answer = ask.get("/", headers={"Cookie": COOKIE})
    assert answer.status_code == 200
    assert "Digitalisierungs-Missionare" in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_answers_do_not_say_which_server_wrote_them(ask):
    assert "server" not in ask.get("/").headers


def assert_problem(answer, status, code):
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.json()["status"], answer.json()["code"]) == (status, code)
    assert answer.json()["detail"]


@contextmanager
def away(gateway, name):
    """Kill a process for the moment that it takes the supervisor to bring it back."""
    restarts = gateway.entry(name)["restarts"]
    gateway.kill(name)
    yield
    gateway.wait_until(lambda: gateway.entry(name)["restarts"] > restarts, f"{name} did not come back")
    gateway.wait_until_ready()


def test_a_service_that_is_away_is_a_problem_document(gateway, ask):
    with away(gateway, "catalog"):
        assert_problem(ask.get("/api/catalog/v1/x"), 503, "unavailable")


def test_without_members_the_public_site_stays_up_and_the_signed_in_are_told(gateway, ask):
    with away(gateway, "members"):
        assert arrived(ask.get("/api/catalog/v1/x"))["who"] == "catalog"
        assert ask.get("/").status_code == 200
        assert_problem(ask.get("/api/catalog/v1/x", headers={"Cookie": COOKIE}), 503, "unavailable")


def test_too_many_requests_are_a_problem_document(start):
    environment = {"STANDIN_WEB": "real", "MISSIONARE_GATEWAY_RATE": "2"}
    with start(environment=environment) as gateway, httpx2.Client(base_url=gateway.url) as ask:
        answers = [ask.get("/api/members/v1/x") for _ in range(12)]
        assert answers[0].status_code == 200
        assert_problem(answers[-1], 429, "too_many_requests")
        assert answers[-1].headers["retry-after"]
