"""Tokens for one service that are each wrong in a single point, made by somebody who knows everything but a key."""

from __future__ import annotations

import base64
import hmac
import json
import time
from typing import Any

from joserfc import jws

from missionare.kit.testing import Platform
from missionare.kit.tokens import Signer, SigningKeys

ALL_ROLES = ["auditor", "coach", "editor", "missionary", "operator", "reviewer"]
STRANGER = SigningKeys.generate()


class Forger:
    """Makes tokens for one running service; its issuer's key signs those that are wrong in what they say."""

    def __init__(self, platform: Platform) -> None:
        self._service = platform.service.name
        self._signers: dict[str, Signer] = dict(platform._signers)
        self._issuer = self._signers[platform.service.settings.issuer].keys

    def good(self) -> str:
        """A token that is believed: what all others differ from."""
        return self._signed()

    def tokens(self) -> dict[str, str]:
        """Every forgery, by what is wrong with it."""
        now = int(time.time())
        return {
            "empty": "",
            "a word": "token",
            "algorithm none": self._unsigned({"alg": "none"}) + ".",
            "algorithm none with a signature": self._unsigned({"alg": "none"}) + "." + "A" * 86,
            "hmac with the public key": self._hmac(),
            "another algorithm": self._signed({"alg": "ES384"}),
            "signature of another token": self._signed().rpartition(".")[0] + "." + self._signed().rpartition(".")[2],
            "signed by a stranger": self._signed(key=STRANGER),
            "signed by a stranger in the issuer's name": self._signed({"kid": self._issuer.active.kid}, key=STRANGER),
            "no key id": self._signed({"kid": ...}),
            "an unknown key id": self._signed({"kid": "unknown"}),
            "a key id that is a path": self._signed({"kid": "../../dev/null"}),
            "a key from an address": self._signed({"jku": "http://127.0.0.1/keys"}, key=STRANGER),
            "a key within": self._signed({"jwk": STRANGER.public()["keys"][0]}, key=STRANGER),
            "type jwt": self._signed({"typ": "JWT"}),
            "no type": self._signed({"typ": ...}),
            "for another audience": self._signed(aud="web"),
            "for several audiences": self._signed(aud=[self._service, "web"]),
            "from an unknown issuer": self._signed(iss="nobody"),
            "a person made by a service": self._signed(key=self._peer().keys, iss=self._peer().service),
            "a service made by the issuer": self._signed(kind="service", sub="notifications", roles=[]),
            "a service with roles": self._signed(
                key=self._peer().keys, iss=self._peer().service, sub=self._peer().service, kind="service"
            ),
            "expired": self._signed(iat=now - 120, nbf=now - 120, exp=now - 60),
            "old, and good for a year": self._signed(iat=now - 120, nbf=now - 120, exp=now + 31_536_000),
            "not yet valid": self._signed(nbf=now + 60),
            "made in the future": self._signed(iat=now + 60),
            "without an end": self._signed(exp=...),
            "without a subject": self._signed(sub=...),
            "a subject that is an operator": self._signed(sub={"$ne": ""}),
            "roles as a text": self._signed(roles="operator"),
            "over four kilobytes": self._signed(pad="x" * 4_096),
        }

    def schemes(self) -> dict[str, str]:
        """Whole headers that carry a good token in the wrong way."""
        return {"basic": f"Basic {self.good()}", "no scheme": self.good(), "two": f"Bearer {self.good()} {self.good()}"}

    def _peer(self) -> Signer:
        """Another service than the one that is called and the one that issues."""
        name = next(name for name in sorted(self._signers) if name not in {self._service, "members"})
        return self._signers[name]

    def _signed(self, header: dict[str, Any] | None = None, key: SigningKeys | None = None, **changes: Any) -> str:
        key = key or self._issuer
        text = self._unsigned({"kid": key.active.kid, **(header or {})}, **changes)
        signature = jws.JWSRegistry().get_alg("ES256").sign(text.encode(), key.active)
        return f"{text}.{_segment(signature)}"

    def _unsigned(self, header: dict[str, Any], **changes: Any) -> str:
        now = int(time.time())
        whole = {"alg": "ES256", "typ": "at+jwt", "kid": self._issuer.active.kid, **header}
        claims = {
            "iss": "members",
            "aud": self._service,
            "sub": "p1",
            "kind": "person",
            "roles": ALL_ROLES,
            "jti": f"j{time.monotonic_ns()}",
            "iat": now,
            "nbf": now,
            "exp": now + 60,
            **changes,
        }
        return ".".join(
            _segment(json.dumps({name: value for name, value in part.items() if value is not ...}).encode())
            for part in (whole, claims)
        )

    def _hmac(self) -> str:
        text = self._unsigned({"alg": "HS256"})
        secret = self._issuer.active.as_pem(private=False)
        return f"{text}.{_segment(hmac.digest(secret, text.encode(), 'sha256'))}"


def _segment(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
