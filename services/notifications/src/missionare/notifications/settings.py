"""Settings of notifications: what every service needs, and the mail server."""

from __future__ import annotations

from email.utils import parseaddr
from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator

from missionare.kit.settings import Settings, is_loopback
from missionare.notifications.calendar.domain import ALWAYS, Hours


class NotificationsSettings(Settings):
    """Read from the environment, prefix `MISSIONARE_`."""

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
    mail_hours: str = Field(
        "8-18",
        pattern=r"^[0-9]{1,2}-[0-9]{1,2}$",
        description="from which hour until which on every day mails that can wait are sent, such as 8-18 "
        "(on throw-away data at any hour, unless it is set)",
    )
    agency_contact: str = Field(
        "", max_length=200, description="one line below the greeting of every mail: who answers questions, and where"
    )

    stream_heartbeat_seconds: float = Field(
        15, gt=0, description="a number of seconds after which a silent event stream says that it is still there"
    )
    streams_per_client: int = Field(
        5, ge=1, description="how many event streams one integration may have open at each process"
    )

    webhook_loopback: bool = Field(
        default=False,
        description="true only on throw-away data: webhooks may be on this machine, in clear text; else false",
    )

    @field_validator("mail_from", "agency_contact")
    @classmethod
    def _one_line(cls, value: str) -> str:
        if any(character in value for character in "\r\n\0"):
            msg = "has more than one line"
            raise ValueError(msg)
        return value.strip()

    @field_validator("mail_hours")
    @classmethod
    def _lie_within_a_day(cls, value: str) -> str:
        Hours.read(value)
        return value

    @model_validator(mode="after")
    def _sender_is_an_address(self) -> Self:
        if self.sender_domain in {"", self.mail_from}:
            msg = "mail_from: is no mail address"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _sends_to_itself_only_on_throw_away_data(self) -> Self:
        if self.webhook_loopback and not self.temporary_data:
            msg = "webhook_loopback: must not be set here: what is inside may be reached on throw-away data only"
            raise ValueError(msg)
        return self

    @property
    def hours(self) -> Hours:
        """When mails that can wait are sent. Those of throw-away data reach nobody whom they could disturb."""
        unheard = self.temporary_data and "mail_hours" not in self.model_fields_set
        return ALWAYS if unheard else Hours.read(self.mail_hours)

    @property
    def sender_address(self) -> str:
        """The bare address that mails come from."""
        return parseaddr(self.mail_from)[1]

    @property
    def sender_domain(self) -> str:
        """The domain that mails come from."""
        return self.sender_address.rpartition("@")[2]

    @property
    def smtp_tls(self) -> bool:
        """Whether the connection is TLS from the first byte."""
        return self.smtp_port == 465  # noqa: PLR2004 - the port registered for it: RFC 8314, section 7.3

    @property
    def smtp_starttls(self) -> bool:
        """Whether the connection must turn to TLS before anything is said: everywhere but within this machine."""
        return not (self.smtp_tls or self.smtp_plain or is_loopback(self.smtp_host))

    def hosts(self) -> list[str | None]:
        """Every host these settings name, the mail server included."""
        return [*super().hosts(), self.smtp_host]
