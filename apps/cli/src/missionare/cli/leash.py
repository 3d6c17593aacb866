"""Starts a command that cannot outlive its starter: `python -I -S leash.py <pid of the starter> <command> ...`.

Run as a script before anything else is imported: it ties itself to the starter and becomes the command. A function
run between fork and exec would do the same, but is unsafe as soon as the starter has threads.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def tie_to(starter: int) -> None:
    """Let the kernel kill this process when its starter ends. Linux only; elsewhere the warden does it."""
    if sys.platform != "linux":
        return
    # The signal is bound to the thread that forked: whoever uses the leash starts children from its main thread.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != starter:  # it died before the kernel knew
        os._exit(128 + signal.SIGKILL)


def main() -> None:
    """Tie, then become the command."""
    _, starter, *command = sys.argv
    tie_to(int(starter))
    try:
        os.execvp(command[0], command)  # noqa: S606
    except OSError as error:
        sys.exit(f"{command[0]}: {error.strerror}")


if __name__ == "__main__":
    main()
