"""Codes that are short, unambiguous on paper and on the telephone (Crockford's base 32: no I, L, O, U)."""

from __future__ import annotations

from uuid import UUID

_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_BITS = 5
_ID_DIGITS = 26
"""Digits of 128 bits, as in a ULID."""
_RANDOM_BITS = 62
"""The random part of a UUIDv7's lower half (RFC 9562, section 5.7)."""
_GROUPS = ((0, 4), (4, 8), (8, 13))


def base32(value: int, digits: int) -> str:
    """Write a number with exactly so many digits."""
    return "".join(_DIGITS[value >> _BITS * place & 0x1F] for place in reversed(range(digits)))


def short_id(uuid: str) -> str:
    """Write a UUID in 26 characters that sort as it does."""
    return base32(UUID(uuid).int, _ID_DIGITS)


def public_code(uuid: str) -> str:
    """Give the code that stands on paper for a UUIDv7: its 62 random bits, as `7K2M-9QXA-0RT5W`."""
    digits = base32(UUID(uuid).int & (1 << _RANDOM_BITS) - 1, _GROUPS[-1][1])
    return "-".join(digits[start:end] for start, end in _GROUPS)


def normalised(code: str) -> str:
    """Read a code as somebody typed it: small letters, without dashes, with the letters that look like digits."""
    digits = code.upper().translate(str.maketrans("ILO", "110", "- ")).strip()
    return "-".join(digits[start:end] for start, end in _GROUPS)
