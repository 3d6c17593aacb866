"""Files that come with a form (RFC 7578): taken whole, within a limit, next to its fields.

The parser of python-multipart takes a body that ends in the middle for a whole one, and guesses where a text is not
UTF-8. Here both are refused, so that nothing is lost without a word; since the body is in memory anyway, it is cut.
"""

from __future__ import annotations

from dataclasses import dataclass
from email.message import Message
from typing import ClassVar, Final

from fastapi import Request

from missionare.kit import bodies
from missionare.kit.problems import BodyTooLarge, MalformedBody
from missionare.kit.refusals import Refusal, Text

MEDIA_TYPE: Final = "multipart/form-data"
MAX_BYTES: Final = 900_000
"""Below what the gateway lets through; some thousand lines of a spreadsheet."""
MAX_PARTS: Final = 100


@dataclass(frozen=True)
class Upload:
    """A file, with the name that its sender's computer calls it."""

    name: str
    content: bytes


class FileTooLarge(Refusal):
    """The file is larger than a form takes."""

    status = 413
    title: ClassVar[Text] = {"de": "Die Datei ist zu groß", "en": "The file is too large"}
    text: ClassVar[Text] = {
        "de": "Angenommen werden Dateien bis 900 kB, das sind einige tausend Zeilen. Es ist nichts geschehen.",
        "en": "Files of up to 900 kB are taken, which is some thousand lines. Nothing has happened.",
    }
    next: ClassVar[Text] = {
        "de": "Teilen Sie die Datei, oder kopieren Sie die Zeilen in das Textfeld der vorigen Seite.",
        "en": "Divide the file, or copy its lines into the text field of the page before.",
    }


def came(request: Request) -> bool:
    """Whether the form was sent in the way that can carry files."""
    return _header(request.headers.get("content-type", "")).get_content_type() == MEDIA_TYPE


async def read(request: Request) -> tuple[dict[str, str], dict[str, Upload]]:
    """Read fields and files by their names; a file that nobody chose is not among them.

    Raises:
        FileTooLarge: all together it is larger than `MAX_BYTES`.
        MalformedBody: it is not cut into parts as it says, has too many, or one of its texts is not UTF-8.
    """
    boundary = _header(request.headers["content-type"]).get_param("boundary")
    if not isinstance(boundary, str):
        raise MalformedBody
    try:
        raw = await bodies.read(request, MAX_BYTES)
    except BodyTooLarge:
        raise FileTooLarge from None
    fields: dict[str, str] = {}
    files: dict[str, Upload] = {}
    for part in _parts(raw, boundary.encode("latin-1", "replace")):
        head, found, content = part.partition(b"\r\n\r\n")
        disposition = _disposition(head)
        name, file = disposition.get_param("name"), disposition.get_param("filename")
        if not found or not isinstance(name, str):
            raise MalformedBody
        if file is None:
            fields[name] = _text(content)
        elif content:
            files[name] = Upload(str(file), content)
    return fields, files


def _parts(raw: bytes, boundary: bytes) -> list[bytes]:
    _before, *parts = (b"\r\n" + raw).split(b"\r\n--" + boundary)
    if not parts or not parts.pop().startswith(b"--") or len(parts) > MAX_PARTS:
        raise MalformedBody
    return [part.removeprefix(b"\r\n") for part in parts]


def _disposition(head: bytes) -> Message:
    for line in head.decode("utf-8", "replace").split("\r\n"):
        name, _, value = line.partition(":")
        if name.strip().casefold() == "content-disposition":
            return _header(value.strip())
    raise MalformedBody


def _header(value: str) -> Message:
    header = Message()
    header["content-type"] = value
    return header


def _text(content: bytes) -> str:
    try:
        return content.decode().replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError:
        raise MalformedBody from None
