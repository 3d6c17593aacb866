"""Tokens: short-lived ES256 JWTs (RFC 9068) that say who calls, and the keys behind them.

The gateway's sign-in turns a session into a 60-second token for one audience, and a service that calls another
signs an assertion of the same form about itself. Every service verifies what arrives by itself. Tokens follow the
machine's time, never the shifted business clock.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Protocol

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from joserfc.util import urlsafe_b64decode
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from missionare.kit.callers import Caller, Kind, Language
from missionare.kit.ids import uuid7
from missionare.kit.refusals import Unauthenticated

ALGORITHM: Final = "ES256"
CURVE: Final = "P-256"
TYPE: Final = "at+jwt"
HEADERS: Final = frozenset({"alg", "typ", "kid"})
"""The only header fields a token may have: so `jku`, `x5u`, `x5c`, `jwk` and `crit` are refused with all others."""
LIFETIME_SECONDS: Final = 60
LEEWAY_SECONDS: Final = 5
MAX_TOKEN_BYTES: Final = 4_096
MAX_CALLS: Final = 8

_COMPACT = re.compile(rb"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{86}")
"""A compact JWS with an ES256 signature: 64 bytes are 86 characters."""
_PEM = re.compile(rb"-----BEGIN (?:EC )?PRIVATE KEY-----.+?-----END (?:EC )?PRIVATE KEY-----", re.DOTALL)


class InvalidToken(Unauthenticated):
    """The token is not valid. Why is for the log only: a forger learns nothing."""

    def __init__(self, reason: str) -> None:
        """Keep the reason for the log."""
        super().__init__()
        self.reason = reason

    @property
    def code(self) -> str:
        """The same code as for no token at all."""
        return "unauthenticated"


Word = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=128)]


class Claims(BaseModel):
    """What a token says. Unknown claims are ignored, missing or mistyped ones refuse it."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True, allow_inf_nan=False)

    iss: Word
    aud: Word
    sub: Word
    jti: Word
    iat: int
    nbf: int
    exp: int
    kind: Literal["person", "key", "service"]
    roles: list[Word] = []
    org: Word | None = None
    person: Word | None = None
    calls: Annotated[list[Word], Field(max_length=MAX_CALLS)] = []
    """Whom the audience may ask in the subject's name, with this same token."""

    def caller(self, language: Language = "de") -> Caller:
        """Give the caller this token proves."""
        return Caller(
            kind=Kind(self.kind),
            id=self.sub,
            person_id=self.sub if self.kind == "person" else self.person,
            roles=frozenset(self.roles),
            organisation_id=self.org,
            language=language,
            until=datetime.fromtimestamp(min(self.exp, self.iat + LIFETIME_SECONDS), UTC),
        )


class KeyFile(Exception):
    """A signing key file that cannot be used; the message says what was wanted."""


class SigningKeys:
    """A service's private keys: the first signs, all are published, so that a key can be changed in passing."""

    def __init__(self, keys: Sequence[ECKey]) -> None:
        """Take at least one key."""
        self._keys = list(keys)

    @classmethod
    def generate(cls) -> SigningKeys:
        """Make one fresh key."""
        return cls([_with_kid(ECKey.generate_key(CURVE))])

    @classmethod
    def load(cls, path: Path) -> SigningKeys:
        """Read one or more PEM keys from a file.

        Raises:
            KeyFile: when the file is missing, unreadable or holds no ES256 key.
        """
        try:
            found = _PEM.findall(path.read_bytes())
            keys = [_with_kid(ECKey.import_key(pem)) for pem in found]
        except (OSError, JoseError, ValueError) as error:
            msg = f"{path} cannot be read ({type(error).__name__})"
            raise KeyFile(msg) from error
        if not keys or any(key.curve_name != CURVE for key in keys):
            msg = f"{path} holds no ES256 private key (PEM, curve P-256)"
            raise KeyFile(msg)
        return cls(keys)

    def save(self, path: Path) -> None:
        """Write the private keys to a new file that only its owner may read."""
        path.touch(mode=0o600, exist_ok=False)
        path.write_bytes(b"".join(key.as_pem(private=True) for key in self._keys))

    @property
    def active(self) -> ECKey:
        """The key that signs."""
        return self._keys[0]

    def public(self) -> dict[str, Any]:
        """Give the public halves as a JWK set (RFC 7517)."""
        return {
            "keys": [{**key.as_dict(private=False), "use": "sig", "alg": ALGORITHM} for key in self._keys],
        }


class Signer:
    """Makes tokens in the name of one service."""

    def __init__(self, service: str, keys: SigningKeys) -> None:
        """Sign as `service` with the first of `keys`."""
        self.service = service
        self.keys = keys

    def mint(
        self,
        audience: str,
        subject: str,
        *,
        kind: Literal["person", "key", "service"],
        roles: Collection[str] = (),
        organisation_id: str | None = None,
        person_id: str | None = None,
        calls: Collection[str] = (),
        lifetime: int = LIFETIME_SECONDS,
    ) -> str:
        """Sign a token that `audience` accepts for `lifetime` seconds.

        Args:
            audience: the one service that may accept it.
            subject: the person, API key or service it is about.
            kind: which of these it is.
            roles: what the subject is allowed as.
            organisation_id: the organisation the subject acts in.
            person_id: for an API key: the person it stands for.
            calls: the services that the audience may ask in the subject's name; they accept the same token.
            lifetime: seconds; more than 60 is of no use, for no verifier accepts it.
        """
        now = int(time.time())
        claims = {
            "iss": self.service,
            "aud": audience,
            "sub": subject,
            "kind": kind,
            "roles": sorted(roles),
            "org": organisation_id,
            "person": person_id,
            "calls": list(calls),
            "jti": uuid7(),
            "iat": now,
            "nbf": now,
            "exp": now + lifetime,
        }
        header = {"alg": ALGORITHM, "typ": TYPE, "kid": self.keys.active.kid}
        return jwt.encode(header, claims, self.keys.active, algorithms=[ALGORITHM])

    def assertion(self, peer: str) -> str:
        """Sign this service's own word for a peer: that it is the one that calls."""
        return self.mint(peer, self.service, kind="service")


class KeySource(Protocol):
    """Where an issuer's public keys come from."""

    async def find(self, issuer: str, kid: str) -> ECKey | None:
        """Give the issuer's key of this id, or None when the issuer has no such key or is nobody we know."""


class Verifier:
    """Decides whether a token may be believed by one audience."""

    def __init__(self, audience: str, issuer: str, keys: KeySource) -> None:
        """Accept tokens for `audience`: about people and API keys from `issuer`, about a service from itself."""
        self._audience = audience
        self._issuer = issuer
        self._keys = keys

    async def verify(self, token: str) -> Claims:
        """Give the claims of a token that is genuine, meant for us and fresh.

        Raises:
            InvalidToken: whatever is wrong; the reason goes to the log, not to the caller.
            Unavailable: the issuer's keys have never been fetched and cannot be now.
        """
        raw = token.encode("utf-8", "replace")
        header = _checked_header(raw)
        claims = _claims(raw)
        self._check_meaning(claims)
        key = await self._keys.find(claims.iss, header["kid"])
        if key is None:
            raise InvalidToken("unknown key")
        try:
            jws.deserialize_compact(raw, key, algorithms=[ALGORITHM])
        except (JoseError, ValueError) as error:
            raise InvalidToken("bad signature") from error
        return claims

    def _check_meaning(self, claims: Claims) -> None:
        now = time.time()
        if claims.aud != self._audience and self._audience not in claims.calls:
            raise InvalidToken("another audience")
        if claims.kind == "service":
            # A service speaks for itself only: it cannot make a person, a role or another service.
            if claims.sub != claims.iss or claims.roles or claims.org or claims.person or claims.calls:
                raise InvalidToken("a service speaking for somebody else")
        elif claims.iss != self._issuer:
            raise InvalidToken("another issuer")
        if claims.nbf > now + LEEWAY_SECONDS or claims.iat > now + LEEWAY_SECONDS:
            raise InvalidToken("not valid yet")
        # Whatever `exp` promises, nothing is believed after 65 seconds: a role taken away is gone by then.
        if now >= min(claims.exp, claims.iat + LIFETIME_SECONDS) + LEEWAY_SECONDS:
            raise InvalidToken("expired")


def public_keys(jwks: Any) -> dict[str, ECKey]:
    """Read the usable keys of a JWK set by their id; others in it are passed over.

    Raises:
        ValueError: when it is no JWK set, or holds no key that could verify ES256.
    """
    found: dict[str, ECKey] = {}
    entries = jwks.get("keys") if isinstance(jwks, dict) else None
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict) and _verifies(entry):
            key = ECKey.import_key({name: entry[name] for name in ("kty", "crv", "x", "y", "kid")})
            found[entry["kid"]] = key
    if not found:
        msg = "no usable key in the set"
        raise ValueError(msg)
    return found


def _verifies(entry: dict[str, Any]) -> bool:
    return (
        entry.get("kty") == "EC"
        and entry.get("crv") == CURVE
        and isinstance(entry.get("kid"), str)
        and entry.get("alg", ALGORITHM) == ALGORITHM
        and entry.get("use", "sig") == "sig"
        and "d" not in entry
    )


def _with_kid(key: ECKey) -> ECKey:
    key.ensure_kid()  # the thumbprint of RFC 7638
    return key


def _checked_header(raw: bytes) -> dict[str, Any]:
    if len(raw) > MAX_TOKEN_BYTES:
        raise InvalidToken("too long")
    if not _COMPACT.fullmatch(raw):
        raise InvalidToken("not a compact JWS")
    header = _part(raw, 0)
    if not isinstance(header, dict) or not header.keys() <= HEADERS:
        raise InvalidToken("header fields that are not allowed")
    if header.get("alg") != ALGORITHM or header.get("typ") != TYPE or not isinstance(header.get("kid"), str):
        raise InvalidToken("another algorithm or type, or no key id")
    return header


def _claims(raw: bytes) -> Claims:
    try:
        return Claims.model_validate(_part(raw, 1))
    except ValidationError:
        raise InvalidToken("claims missing or mistyped") from None


def _part(raw: bytes, index: int) -> Any:
    try:
        return json.loads(urlsafe_b64decode(raw.split(b".")[index]))
    except (ValueError, RecursionError) as error:
        raise InvalidToken("not JSON") from error
