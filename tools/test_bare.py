"""Run both commands of the README as an ordinary user on a bare Debian: nothing but Python, make and git.

Needs root and debootstrap, and says so where they are missing. Each command has mounts and process numbers of its own
(namespaces), which end with it: this machine's files are never mounted where the bare system is deleted.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RELEASES = ("bookworm", "trixie")
PACKAGES = "ca-certificates,python3,python3-venv,make,git"
USER = 1000
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
ENVIRONMENT = {
    "HOME": "/home/tester",
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "PIP_CERT": str(CERTIFICATES),
    "SSL_CERT_FILE": str(CERTIFICATES),
    "PIP_DEFAULT_TIMEOUT": os.environ.get("PIP_DEFAULT_TIMEOUT", "60"),
}
INSIDE = r"""
set -e
mount --make-rprivate /
mount -t proc proc "$1/proc"
mount -t sysfs -o ro sysfs "$1/sys"
mount --bind /dev "$1/dev"
mount -t devpts devpts "$1/dev/pts"
mount -t tmpfs tmpfs "$1/dev/shm"
set +e
chroot --userspec="$2:$2" "$1" /usr/bin/env -i "${@:4}" bash -c "cd ~/missionare && $3"
status=$?
for process in "$1"/proc/[0-9]*; do
  [ "${process##*/}" = 1 ] || cat "$process/comm" >> "$1/left"
done
exit $status
"""
"""Called with the system's folder, the user, the command, and the environment as NAME=value."""
COMMANDS = ('make demo ARGS="--exit --json"', "make test")


def main() -> int:
    """Try every release that was asked for; 0 when all passed, or when it could not be tried."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("releases", nargs="*", default=RELEASES)
    parser.add_argument("--only-demo", action="store_true", help="leave out the second command")
    asked = parser.parse_args()
    if reason := cannot():
        print(f"skipped: {reason}")
        return 0
    commands = COMMANDS[:1] if asked.only_demo else COMMANDS
    failed = [release for release in asked.releases if not try_release(release, commands)]
    return 1 if failed else 0


def cannot() -> str | None:
    """Say why this machine cannot try it, or None."""
    if os.geteuid() != 0:
        return "making a bare system needs root"
    if shutil.which("debootstrap") is None:
        return "debootstrap is not installed (apt install debootstrap)"
    return None


def try_release(release: str, commands: tuple[str, ...]) -> bool:
    """Make a bare system, clone this checkout into it, and run the commands there."""
    with bare(release) as system:
        home = system / "home" / "tester"
        run(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(home / "missionare")])
        for folder, names, files in os.walk(home):
            for name in [".", *names, *files]:
                os.chown(Path(folder, name), USER, USER, follow_symlinks=False)
        return all(passes(release, system, command) for command in commands)


def passes(release: str, system: Path, command: str) -> bool:
    """Run one command as the ordinary user; nothing of it may be left running."""
    began = time.monotonic()
    environment = [f"{name}={value}" for name, value in ENVIRONMENT.items()]
    alone = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "bash", "-c", INSIDE, "bash"]
    status = subprocess.run([*alone, str(system), str(USER), command, *environment], check=False).returncode
    left = (system / "left").read_text().split("\n")[:-1] if (system / "left").exists() else []
    result = {"release": release, "command": command, "status": status, "left": left}
    print(json.dumps({**result, "seconds": round(time.monotonic() - began)}), flush=True)
    return status == 0 and not left


@contextmanager
def bare(release: str) -> Iterator[Path]:
    """Give a bare system, and take it away afterwards."""
    with tempfile.TemporaryDirectory(prefix=f"missionare-{release}-") as folder:
        system = Path(folder, "system")
        run(["debootstrap", "--variant=minbase", f"--include={PACKAGES}", release, str(system)], quiet=True)
        Path(folder).chmod(0o755)
        for path in (CERTIFICATES, Path("/etc/resolv.conf"), Path("/etc/hosts")):
            shutil.copyfile(path, system / path.relative_to("/"))
        (system / "home" / "tester").mkdir(parents=True)
        with (system / "etc" / "passwd").open("a") as users:
            users.write(f"tester:x:{USER}:{USER}::/home/tester:/bin/bash\n")
        yield system


def run(command: list[str], *, quiet: bool = False) -> None:
    """Run a step of the preparation."""
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL if quiet else None)


if __name__ == "__main__":
    sys.exit(main())
