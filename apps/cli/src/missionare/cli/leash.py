"""Starts a command that cannot outlive its starter: `python -I -S leash.py <pid of the starter> <command> ...`.

Run as a script before anything else is imported: it ties itself to the starter and becomes the command. A function
run between fork and exec would do the same, but is unsafe as soon as the starter has threads.
"""

import contextlib
import ctypes
import os
import resource
import signal
import sys

PR_SET_PDEATHSIG = 1
OPEN_FILES = 64_000
"""As many as MongoDB asks for. It ends where it may open no more, and many systems begin with 1,024: hardly enough for
the collections and indexes of four services and the connections to them."""


def tie_to(starter: int) -> None:
    """Let the kernel kill this process when its starter ends. Linux only; elsewhere the warden does it."""
    if sys.platform != "linux":
        return
    # The signal is bound to the thread that forked: whoever uses the leash starts children from its main thread.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != starter:  # it died before the kernel knew
        os._exit(128 + signal.SIGKILL)


def open_more_files() -> None:
    """Raise the number of files that may be open as far as the system lets everybody do it."""
    allowed, at_most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if at_most == resource.RLIM_INFINITY else min(OPEN_FILES, at_most)
    if allowed == resource.RLIM_INFINITY or allowed >= wanted:
        return
    with contextlib.suppress(ValueError, OSError):  # macOS names no limit and keeps one
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, at_most))


def main() -> None:
    """Tie, take more room, then become the command."""
    _, starter, *command = sys.argv
    tie_to(int(starter))
    open_more_files()
    try:
        os.execvp(command[0], command)  # noqa: S606
    except OSError as error:
        sys.exit(f"{command[0]}: {error.strerror}")


if __name__ == "__main__":
    main()
