"""MongoDB ends where it may open no more files, and many systems begin with few."""

from __future__ import annotations

import resource
import subprocess

from missionare.cli.children import leashed
from missionare.cli.leash import OPEN_FILES

FEW = 256


def test_a_server_may_open_as_many_files_as_the_system_lets_it() -> None:
    _, at_most = resource.getrlimit(resource.RLIMIT_NOFILE)

    few = ["sh", "-c", f'ulimit -S -n {FEW} && exec "$@"', "sh", *leashed(["sh", "-c", "ulimit -S -n"])]
    said = subprocess.run(few, capture_output=True, text=True, check=True).stdout

    assert int(said) == (OPEN_FILES if at_most == resource.RLIM_INFINITY else min(OPEN_FILES, at_most))
