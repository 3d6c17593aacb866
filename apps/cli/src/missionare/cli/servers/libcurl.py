"""libcurl for mongod: the system's own, else the one inside the wheel of pycurl, lent to mongod alone."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from missionare.cli.failures import LibraryMissing

NAME = "libcurl.so.4"


def system_has_it() -> bool:
    """Whether the loader finds libcurl by itself; other systems than Linux link their mongod differently."""
    if sys.platform != "linux":
        return True
    try:
        ctypes.CDLL(NAME)
    except OSError:
        return False
    return True


def bundled() -> Path | None:
    """The libcurl inside the wheel of pycurl, or None."""
    spec = find_spec("pycurl")
    site = Path(spec.origin).parent if spec and spec.origin else None
    # The wheel keeps its libraries beside the package, which may be a module or a folder.
    folders = [folder / "pycurl.libs" for folder in (site, site.parent) if folder] if site else []
    return next((found for folder in folders for found in sorted(folder.glob(f"{NAME[:-5]}-*.so.4*"))), None)


def environment(folder: Path) -> Mapping[str, str]:
    """Give what mongod's environment needs so that it finds libcurl: nothing where the system has it.

    Args:
        folder: where a link with the library's usual name may be put; the folder above it is there.

    Raises:
        LibraryMissing: neither the system nor pycurl has it.
    """
    if system_has_it():
        return {}
    library = bundled()
    if library is None:
        raise LibraryMissing
    folder.mkdir(mode=0o700, exist_ok=True)
    link = folder / NAME
    with suppress(FileNotFoundError):
        link.unlink()
    link.symlink_to(library)
    given = os.environ.get("LD_LIBRARY_PATH", "")
    return {"LD_LIBRARY_PATH": ":".join(part for part in (str(folder), str(library.parent), given) if part)}
