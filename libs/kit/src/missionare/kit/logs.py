"""Logs: one JSON object per line on standard output, with ids and codes only.

Three walls keep personal data out: a key must be in the list of `KEYS`, a value must be plain and short, and the
last step blanks whatever still looks like an address, a token or a password. The message of an exception may quote
what somebody typed, so of an exception only its type and the place are logged.
"""

from __future__ import annotations

import logging
import re
import sys
import time
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from traceback import extract_tb
from types import TracebackType
from typing import Any, Final, TextIO

import structlog
from structlog.contextvars import bound_contextvars

Log = structlog.stdlib.BoundLogger

KEYS: Final[dict[str, str]] = {
    "event": "what happened, in fixed words",
    "at": "when, UTC",
    "level": "debug, info, warning, error or critical",
    "logger": "the module that speaks",
    "service": "the service this process belongs to",
    "role": "the role of this process",
    "version": "a version number",
    "port": "the port listened on",
    "correlation_id": "the command or timer that began the chain",
    "causation_id": "the fact that caused this",
    "operation": "the operation id of a route",
    "route": "the template of a route, never the path that was asked for",
    "method": "the HTTP method",
    "status": "the HTTP status answered",
    "code": "the stable code of a refusal",
    "caller": "the kind of caller",
    "caller_id": "the opaque id of the caller",
    "ms": "how long it took, milliseconds",
    "seconds": "how long it took, or until something, seconds",
    "peer": "the service that was called",
    "attempt": "which try this is",
    "attempts": "how many tries there were",
    "reason": "why, in fixed words",
    "outcome": "how it ended, in fixed words",
    "error": "the type of an exception",
    "detail": "the message of an exception that quotes no input",
    "where": "file, line and function of an exception, the innermost last",
    "name": "the name of a task, job, timer or index",
    "task": "a task of this process",
    "subject": "the id a timer or a link is about",
    "fact_id": "the id of a fact",
    "type": "the type of a fact",
    "aggregate_type": "the type of an aggregate",
    "aggregate_id": "the id of an aggregate",
    "sequence": "the number of a fact in its aggregate",
    "previous": "the chain link before a fact",
    "seen": "the chain link last applied",
    "era": "the era of an owner's ledger",
    "n": "the number of a confirmation",
    "term": "the term of a lease",
    "owner": "the holder of a lease",
    "consumer": "the stable name of a consumer",
    "source": "the service that published",
    "group": "the Kafka group",
    "topic": "the Kafka topic",
    "partition": "the Kafka partition",
    "partitions": "Kafka partitions",
    "offset": "the Kafka offset",
    "lag": "how many records are waiting",
    "count": "how many",
    "pending": "how many facts wait for the broker",
    "repaired": "how many facts came by the feed",
    "state": "the state of a parked record or a process",
    "collection": "a collection of the database",
    "host": "host and port of a server of the platform",
    "setting": "the name of a setting",
    "dropped": "keys that are not in this list",
}
"""Every key a log line may carry, with its meaning. Another key is dropped and named under `dropped`."""

LONGEST: Final = 500
"""Characters of one value; more is cut."""
REPEAT_SECONDS: Final = 10.0
MOST_WORDS: Final = 1_000

correlation_id: ContextVar[str] = ContextVar("correlation_id", default="")
"""The command or timer that began the chain this task works in."""

_SECRETS: Final = (
    (re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+"), "[address]"),
    (re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*"), "[token]"),
    (re.compile(r"\bmk_\w+"), "[key]"),
    (re.compile(r"(?i)\bbearer\s+\S+"), "[token]"),
    (re.compile(r"://[^/\s:@]+:[^/\s@]+@"), "://[credentials]@"),
    (re.compile(r"(?<=/links/)[\w-]+"), "[token]"),
    (re.compile(r"(?<![\w.:-])(?:\+|0)\d(?:[ /()-]{0,3}\d){6,}(?![\w:-])"), "[number]"),
)


log: Log = structlog.stdlib.get_logger()
"""The log of this process: `log.info("fact applied", fact_id=...)`. It takes effect with `configure`."""


@contextmanager
def correlated(identifier: str) -> Iterator[None]:
    """Mark everything that happens inside, and in the tasks started inside, with one correlation id."""
    token = correlation_id.set(identifier)
    try:
        with bound_contextvars(correlation_id=identifier):
            yield
    finally:
        correlation_id.reset(token)


def configure(*, level: str = "info", output: TextIO | None = None, **fixed: str) -> None:
    """Send the logs of this process, and of the libraries in it, to one stream.

    Args:
        level: the lowest level that is written.
        output: where to; None is standard output.
        fixed: what every line carries, such as `service`.
    """
    threshold = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            _with(fixed),
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            name_exception,
            keep_allowed,
            redact,
            structlog.processors.JSONRenderer(sort_keys=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.WriteLoggerFactory(output),
        cache_logger_on_first_use=False,
    )
    logging.root.handlers = [_ThroughStructlog()]
    logging.root.setLevel(max(threshold, logging.WARNING))
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers = []
    # The access log would write paths, and with them the tokens of mailed links.
    logging.getLogger("uvicorn.access").disabled = True


def name_exception(_log: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace an exception by its type and place, and by its message where that cannot quote input."""
    raised = line.pop("exc_info", None)
    exception = sys.exc_info()[1] if raised is True else raised
    if isinstance(exception, tuple):
        exception = exception[1]
    if isinstance(exception, BaseException):
        line["error"] = type(exception).__name__
        line["where"] = _place(exception.__traceback__)
        if isinstance(exception, OSError):
            line["detail"] = str(exception)
    return line


def keep_allowed(_log: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Keep the keys of `KEYS` and name the others."""
    dropped = [key for key in line if key not in KEYS]
    for key in dropped:
        del line[key]
    if dropped:
        line["dropped"] = dropped
    return line


def redact(_log: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blank whatever looks like an address, a token or a password. The last line of defence, not the first."""
    for key, value in line.items():
        line[key] = value if key == "at" else _clean(value)
    return line


def _with(fixed: Mapping[str, str]) -> Any:
    def add(_log: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        line.update(fixed)
        return line

    return add


def _clean(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(item) for item in list(value)[:20]]
    text = str(value)[:LONGEST]
    for pattern, blank in _SECRETS:
        text = pattern.sub(blank, text)
    return text


def _place(trace: TracebackType | None) -> list[str]:
    frames = extract_tb(trace)[-6:]
    return [f"{'/'.join(frame.filename.rsplit('/', 2)[-2:])}:{frame.lineno} {frame.name}" for frame in frames]


class _ThroughStructlog(logging.Handler):
    """Takes what libraries log: their template without its arguments, which could quote anything.

    The same words come once in ten seconds, then with how often they were said meanwhile: a client whose server is
    away for an hour repeats itself a hundred times a second.
    """

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[tuple[str, str], tuple[float, int]] = {}
        """When each was written last, and how often it was said since."""

    def emit(self, record: logging.LogRecord) -> None:
        words = str(record.msg)
        count = 1 if record.exc_info else self._due((record.name, words))
        if count:
            told = {"count": count} if count > 1 else {}
            log.log(max(record.levelno, logging.DEBUG), words, logger=record.name, exc_info=record.exc_info, **told)

    def _due(self, said: tuple[str, str]) -> int:
        """Give how many times it is to be written for; 0 while it was written lately."""
        now = time.monotonic()
        written_at, since = self._said.get(said, (-REPEAT_SECONDS, 0))
        if now - written_at < REPEAT_SECONDS:
            self._said[said] = (written_at, since + 1)
            return 0
        if len(self._said) >= MOST_WORDS:  # some libraries put numbers into their words
            self._said.clear()
        self._said[said] = (now, 0)
        return since + 1
