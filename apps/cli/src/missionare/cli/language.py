"""The language in which the command speaks: German unless somebody asks for English."""

from __future__ import annotations

from contextvars import ContextVar

language: ContextVar[str] = ContextVar("language", default="de")
