"""Identifiers: UUIDv7 as strings, sortable by the time they were made (RFC 9562)."""

from __future__ import annotations

import os
import time
import uuid

_MICROS = 1_000


def uuid7(at_us: int | None = None) -> str:
    """Make a UUIDv7 whose time part has microsecond precision.

    Args:
        at_us: microseconds since 1970, or None for now.

    The 48 bits of milliseconds are followed by the microseconds scaled to the 12 bits of `rand_a`
    (x 4.096: RFC 9562, section 6.2, method 3), so ids of one writer sort by microsecond; 62 bits are random.
    """
    us = time.time_ns() // 1_000 if at_us is None else at_us
    millis, micros = divmod(us, _MICROS)
    value = (millis & 0xFFFF_FFFF_FFFF) << 80
    value |= 0x7 << 76
    value |= ((micros << 12) // _MICROS) << 64
    value |= 0b10 << 62
    value |= int.from_bytes(os.urandom(8)) >> 2
    return str(uuid.UUID(int=value))


def now_us() -> int:
    """Give the machine's time in microseconds since 1970. Ids never follow the shifted business clock."""
    return time.time_ns() // 1_000
