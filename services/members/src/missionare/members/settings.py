"""Settings of members: what every service needs, how long sessions last, and the mail server for sign-in links."""

from __future__ import annotations

import re
from datetime import timedelta
from email.utils import parseaddr
from typing import Annotated, Any, Final, Self

from pydantic import Field, SecretStr, TypeAdapter, field_validator, model_validator
from pydantic_settings import NoDecode

from missionare.kit.settings import Settings, is_loopback

_MUNICIPALITIES: Final = {
    "05966004": "Attendorn",
    "05970004": "Bad Berleburg",
    "05970028": "Bad Laasphe",
    "05970008": "Burbach",
    "05966008": "Drolshagen",
    "05970012": "Erndtebrück",
    "05966012": "Finnentrop",
    "05970016": "Freudenberg",
    "05970020": "Hilchenbach",
    "05966016": "Kirchhundem",
    "05970024": "Kreuztal",
    "05966020": "Lennestadt",
    "05970032": "Netphen",
    "05970036": "Neunkirchen",
    "05966024": "Olpe",
    "05970040": "Siegen",
    "05966028": "Wenden",
    "05970044": "Wilnsdorf",
}
"""The municipalities of Siegen-Wittgenstein and Olpe with their official keys (AGS)."""


class MembersSettings(Settings):
    """Read from the environment, prefix `MISSIONARE_`."""

    municipalities: Annotated[dict[str, str], NoDecode] = Field(
        _MUNICIPALITIES,
        description='the places a new member may choose, as JSON: {"<eight digits of the key>": "<name>", ...}',
    )
    session_idle_hours: float = Field(24, gt=0, description="hours after which an unused session ends")
    session_days: float = Field(14, gt=0, description="days after which a session ends in any case")
    smtp_host: str = Field("127.0.0.1", description="host name or address of the mail server")
    smtp_port: int = Field(25, ge=1, le=65_535, description="its port; 465 means TLS from the first byte")
    smtp_username: str = Field("", description="the account there, or nothing")
    smtp_password: SecretStr = Field(SecretStr(""), description="the password of that account, best as a secret file")
    smtp_plain: bool = Field(
        default=False, description="true only where the mail server stands in the same closed network and offers no TLS"
    )
    mail_from: str = Field(
        "Regionalagentur <no-reply@missionare.example>",
        description="the sender people see: Name <address@domain>, or the address alone",
    )

    @field_validator("municipalities", mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        return TypeAdapter(dict[str, str]).validate_json(value) if isinstance(value, str | bytes) else value

    @field_validator("municipalities")
    @classmethod
    def _keys_have_eight_digits(cls, value: dict[str, str]) -> dict[str, str]:
        if not value or not all(re.fullmatch(r"[0-9]{8}", key) for key in value):
            msg = "is empty or has a key that is not eight digits"
            raise ValueError(msg)
        return value

    @field_validator("mail_from")
    @classmethod
    def _one_line(cls, value: str) -> str:
        if any(character in value for character in "\r\n\0"):
            msg = "has more than one line"
            raise ValueError(msg)
        return value.strip()

    @model_validator(mode="after")
    def _sender_is_an_address(self) -> Self:
        if "@" not in self.sender_address:
            msg = "mail_from: is no mail address"
            raise ValueError(msg)
        return self

    @property
    def sender_address(self) -> str:
        """The bare address that mails come from."""
        return parseaddr(self.mail_from)[1]

    @property
    def smtp_tls(self) -> bool:
        """Whether the connection is TLS from the first byte."""
        return self.smtp_port == 465  # noqa: PLR2004 - the port registered for it: RFC 8314, section 7.3

    @property
    def smtp_starttls(self) -> bool:
        """Whether the connection must turn to TLS before anything is said: everywhere but within this machine."""
        return not (self.smtp_tls or self.smtp_plain or is_loopback(self.smtp_host))

    @property
    def session_idle(self) -> timedelta:
        """After so long without a request a session ends."""
        return timedelta(hours=self.session_idle_hours)

    @property
    def session_absolute(self) -> timedelta:
        """After so long a session ends in any case."""
        return timedelta(days=self.session_days)

    @property
    def cookies_are_secure(self) -> bool:
        """Whether cookies travel over TLS only. On plain-http loopback clients would not send such a cookie back."""
        return self.public_url.startswith("https://")

    @property
    def session_cookie(self) -> str:
        """Name of the session cookie. With `__Host-` no other site of the domain can plant one."""
        return f"{'__Host-' if self.cookies_are_secure else ''}missionare_session"

    @property
    def visit_cookie(self) -> str:
        """Name of the cookie that ties a sign-in link's confirmation to the browser that opened it."""
        return f"{'__Host-' if self.cookies_are_secure else ''}missionare_visit"

    def hosts(self) -> list[str | None]:
        """Every host these settings name, the mail server included."""
        return [*super().hosts(), self.smtp_host]
