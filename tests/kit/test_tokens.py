"""Tokens: what is believed, and the forgeries that are not."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

from missionare.kit.callers import Kind
from missionare.kit.tokens import Claims, InvalidToken, KeyFile, Signer, SigningKeys, Verifier, public_keys

ISSUER, PEER, US = SigningKeys.generate(), SigningKeys.generate(), SigningKeys.generate()
STRANGER = SigningKeys.generate()


class Directory:
    """The keys of the issuer and of one peer."""

    async def find(self, issuer: str, kid: str) -> ECKey | None:
        keys = {"issuer": ISSUER, "peer": PEER}.get(issuer)
        return public_keys(keys.public()).get(kid) if keys else None


@pytest.fixture
def verifier() -> Verifier:
    return Verifier("us", "issuer", Directory())


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    whole = {
        "iss": "issuer",
        "aud": "us",
        "sub": "p1",
        "kind": "person",
        "roles": [],
        "jti": "j",
        "iat": now,
        "nbf": now,
        "exp": now + 60,
    }
    return {name: value for name, value in {**whole, **changes}.items() if value is not ...}


def segment(data: Any) -> str:
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed(header: dict[str, Any] | None = None, key: SigningKeys = ISSUER, **changes: Any) -> str:
    """A token with exactly these header fields and claims, correctly signed with `key`."""
    head = {"alg": "ES256", "typ": "at+jwt", "kid": key.active.kid, **(header or {})}
    head = {name: value for name, value in head.items() if value is not ...}
    signing_input = f"{segment(head)}.{segment(claims(**changes))}"
    algorithm = jws.JWSRegistry().get_alg("ES256")
    signature = algorithm.sign(signing_input.encode(), key.active)
    return f"{signing_input}.{segment(signature)}"


def with_algorithm_none() -> str:
    return f"{segment({'alg': 'none', 'typ': 'at+jwt', 'kid': ISSUER.active.kid})}.{segment(claims())}."


def with_hmac_of_the_public_key() -> str:
    header = {"alg": "HS256", "typ": "at+jwt", "kid": ISSUER.active.kid}
    signing_input = f"{segment(header)}.{segment(claims())}"
    secret = ISSUER.active.as_pem(private=False)
    return f"{signing_input}.{segment(hmac.digest(secret, signing_input.encode(), 'sha256'))}"


def with_rsa() -> str:
    header = {"alg": "RS256", "typ": "at+jwt", "kid": ISSUER.active.kid}
    return jws.serialize_compact(header, json.dumps(claims()), RSAKey.generate_key(2048), algorithms=["RS256"])


def with_an_empty_signature() -> str:
    return signed().rpartition(".")[0] + "." + "A" * 86


def with_changed_claims() -> str:
    header, _, signature = signed().split(".")
    return f"{header}.{segment(claims(sub='p2', roles=['operator']))}.{signature}"


def with_the_signature_of_another() -> str:
    mine, other = signed().rpartition("."), signed(sub="p2").rpartition(".")
    return f"{mine[0]}.{other[2]}"


def with_padding() -> str:
    return signed() + "="


def with_json_serialisation() -> str:
    header, payload, signature = signed().split(".")
    return json.dumps({"payload": payload, "protected": header, "signature": signature})


def with_claims_nested_deeply() -> str:
    return f"{signed().split('.')[0]}.{segment(b'[' * 2_000)}.{'A' * 86}"


NOW = int(time.time())
FORGERIES: dict[str, Callable[[], str]] = {
    "empty": lambda: "",
    "a word": lambda: "token",
    "two parts": lambda: "a.b",
    "not ascii": lambda: "ä.ö.ü",
    "algorithm none": with_algorithm_none,
    "hmac of the public key": with_hmac_of_the_public_key,
    "rsa": with_rsa,
    "algorithm in capitals only": lambda: signed({"alg": "es256"}),
    "algorithm missing": lambda: signed({"alg": ...}),
    "empty signature": with_an_empty_signature,
    "changed claims": with_changed_claims,
    "signature of another token": with_the_signature_of_another,
    "padding": with_padding,
    "json serialisation": with_json_serialisation,
    "nested deeply": with_claims_nested_deeply,
    "signed by a stranger": lambda: signed(key=STRANGER),
    "signed by a stranger under our key id": lambda: signed({"kid": ISSUER.active.kid}, key=STRANGER),
    "signed by a peer for the issuer": lambda: signed(key=PEER),
    "type jwt": lambda: signed({"typ": "JWT"}),
    "type in capitals": lambda: signed({"typ": "AT+JWT"}),
    "type missing": lambda: signed({"typ": ...}),
    "key id missing": lambda: signed({"kid": ...}),
    "key id a list": lambda: signed({"kid": [ISSUER.active.kid]}),
    "key by address": lambda: signed({"jku": "https://evil.example/keys"}),
    "key by certificate address": lambda: signed({"x5u": "https://evil.example/cert"}),
    "key by certificate": lambda: signed({"x5c": ["MIIB"]}),
    "key inside": lambda: signed({"jwk": STRANGER.public()["keys"][0]}, key=STRANGER),
    "critical extension": lambda: signed({"crit": ["exp"]}),
    "unencoded payload": lambda: signed({"b64": False, "crit": ["b64"]}),
    "compressed": lambda: signed({"zip": "DEF"}),
    "issuer unknown": lambda: signed(iss="nobody"),
    "issuer missing": lambda: signed(iss=...),
    "audience another": lambda: signed(aud="others"),
    "audience a list": lambda: signed(aud=["us"]),
    "for others, who may ask others": lambda: signed(aud="others", calls=["them"]),
    "for others, who may ask us, as a text": lambda: signed(aud="others", calls="us"),
    "a service that lets others ask": lambda: signed(key=PEER, iss="peer", sub="peer", kind="service", calls=["us"]),
    "audience missing": lambda: signed(aud=...),
    "subject missing": lambda: signed(sub=...),
    "subject empty": lambda: signed(sub=""),
    "subject a number": lambda: signed(sub=7),
    "subject an operator": lambda: signed(sub={"$ne": ""}),
    "id missing": lambda: signed(jti=...),
    "kind unknown": lambda: signed(kind="god"),
    "kind missing": lambda: signed(kind=...),
    "roles a text": lambda: signed(roles="operator"),
    "issued in the future": lambda: signed(iat=NOW + 3_600),
    "not yet valid": lambda: signed(nbf=NOW + 3_600),
    "expired": lambda: signed(exp=NOW - 3_600),
    "valid for a year": lambda: signed(iat=NOW - 3_600, exp=NOW + 31_536_000),
    "times as text": lambda: signed(exp=str(NOW + 60)),
    "times as fractions": lambda: signed(exp=NOW + 60.5),
    "expiry missing": lambda: signed(exp=...),
    "a person made by a peer": lambda: signed(key=PEER, iss="peer"),
    "a service made by the issuer": lambda: signed(kind="service", sub="peer"),
    "a service with a role": lambda: signed(key=PEER, iss="peer", sub="peer", kind="service", roles=["operator"]),
    "a service as a person": lambda: signed(key=PEER, iss="peer", sub="peer", kind="service", person="p1"),
    "over four kilobytes": lambda: signed(pad="x" * 4_096),
}


@pytest.mark.parametrize("name", FORGERIES)
async def test_a_forged_token_is_not_believed(verifier: Verifier, name: str) -> None:
    with pytest.raises(InvalidToken):
        await verifier.verify(FORGERIES[name]())


async def test_the_corpus_differs_from_a_good_token_in_the_named_point_only(verifier: Verifier) -> None:
    assert (await verifier.verify(signed())).sub == "p1"
    peer = await verifier.verify(signed(key=PEER, iss="peer", sub="peer", kind="service"))
    assert peer.caller().kind is Kind.SERVICE


async def test_a_token_for_another_is_believed_where_it_names_us(verifier: Verifier) -> None:
    token = Signer("issuer", ISSUER).mint("pages", "p1", kind="person", calls=["us", "them"])

    assert (await verifier.verify(token)).sub == "p1"


async def test_a_minted_token_names_its_caller(verifier: Verifier) -> None:
    token = Signer("issuer", ISSUER).mint("us", "p1", kind="person", roles=["b", "a"], organisation_id="o1")

    caller = (await verifier.verify(token)).caller("en")

    assert (caller.kind, caller.id, caller.person_id) == (Kind.PERSON, "p1", "p1")
    assert (caller.roles, caller.organisation_id, caller.language) == (frozenset({"a", "b"}), "o1", "en")
    assert len(token) < 700


async def test_a_key_is_no_person_unless_it_stands_for_one(verifier: Verifier) -> None:
    signer = Signer("issuer", ISSUER)

    alone = await verifier.verify(signer.mint("us", "k1", kind="key"))
    standing = await verifier.verify(signer.mint("us", "k1", kind="key", person_id="p1"))

    assert (alone.caller().person_id, standing.caller().person_id) == (None, "p1")


class At:
    """The machine's time, moved."""

    def __init__(self, seconds: float) -> None:
        self._moment = time.time() + seconds

    def time(self) -> float:
        return self._moment


@pytest.mark.parametrize(("seconds", "believed"), [(-4, True), (-10, False), (0, True), (64, True), (66, False)])
async def test_a_token_lives_for_a_minute_with_five_seconds_of_leeway(
    verifier: Verifier, monkeypatch: pytest.MonkeyPatch, seconds: float, believed: bool
) -> None:
    token = Signer("issuer", ISSUER).mint("us", "p1", kind="person")
    monkeypatch.setattr("missionare.kit.tokens.time", At(seconds))

    if believed:
        assert await verifier.verify(token)
    else:
        with pytest.raises(InvalidToken):
            await verifier.verify(token)


async def test_no_token_is_believed_after_65_seconds_whatever_it_promises(
    verifier: Verifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = Signer("issuer", ISSUER).mint("us", "p1", kind="person", lifetime=3_600)
    assert await verifier.verify(token)
    monkeypatch.setattr("missionare.kit.tokens.time", At(66))

    with pytest.raises(InvalidToken):
        await verifier.verify(token)


def test_why_a_token_is_refused_is_for_the_log_only() -> None:
    refusal = InvalidToken("unknown key")

    assert refusal.code == "unauthenticated"
    assert "key" not in refusal.say("en")


def test_a_key_file_is_private_and_can_hold_the_next_key(tmp_path: Path) -> None:
    first, second = SigningKeys.generate(), SigningKeys.generate()
    first.save(tmp_path / "first.pem")
    second.save(tmp_path / "second.pem")
    both = tmp_path / "both.pem"
    both.write_bytes((tmp_path / "second.pem").read_bytes() + (tmp_path / "first.pem").read_bytes())

    loaded = SigningKeys.load(both)

    assert loaded.active.kid == second.active.kid
    assert [key["kid"] for key in loaded.public()["keys"]] == [second.active.kid, first.active.kid]
    assert all("d" not in key for key in loaded.public()["keys"])
    assert (tmp_path / "first.pem").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", [b"", b"no key", ECKey.generate_key("P-384").as_pem(private=True)])
def test_a_key_file_without_a_usable_key_says_what_was_wanted(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(content)

    with pytest.raises(KeyFile, match="no ES256 private key"):
        SigningKeys.load(path)


def test_a_missing_key_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeyFile, match=r"nowhere\.pem cannot be read"):
        SigningKeys.load(tmp_path / "nowhere.pem")


@pytest.mark.parametrize(
    "entry",
    [
        {"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "x"},
        {"kty": "oct", "k": "c2VjcmV0", "kid": "x"},
        {**ISSUER.public()["keys"][0], "crv": "P-384"},
        {**ISSUER.public()["keys"][0], "use": "enc"},
        {**ISSUER.public()["keys"][0], "alg": "ES384"},
        {**ISSUER.public()["keys"][0], "kid": None},
        {**ISSUER.public()["keys"][0], "d": "c2VjcmV0"},
        "key",
    ],
)
def test_only_keys_that_verify_es256_are_taken_from_a_set(entry: Any) -> None:
    good = ISSUER.public()["keys"][0]

    assert list(public_keys({"keys": [entry, good]})) == [good["kid"]]
    with pytest.raises(ValueError, match="no usable key"):
        public_keys({"keys": [entry]})


def test_claims_take_nothing_they_were_not_given() -> None:
    assert Claims.model_validate(claims()).roles == []
