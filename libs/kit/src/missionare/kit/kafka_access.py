"""The way to the broker: in clear text or by TLS, as somebody or as nobody; the same for every client of a process."""

from __future__ import annotations

import ssl
from typing import Any

from faststream.kafka.security import parse_security
from faststream.security import BaseSecurity, SASLScram512

from missionare.kit.settings import BrokerAccess


def security_of(access: BrokerAccess) -> BaseSecurity:
    """Say it in FastStream's words. With authorities the broker must prove its name, too."""
    ca_file = access.kafka_ca_file
    context = ssl.create_default_context(cafile=ca_file) if ca_file else None
    if not access.kafka_username:
        return BaseSecurity(ssl_context=context)
    return SASLScram512(access.kafka_username, access.kafka_password.get_secret_value(), ssl_context=context)


def options_of(access: BrokerAccess) -> dict[str, Any]:
    """Say it in aiokafka's words."""
    return parse_security(security_of(access))
