"""Renew `bootstrap.lock` and `requirements.lock`: universal, with hashes, without addresses."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UV = ROOT / ".venv" / "bin" / "uv"
COMMON = ["--universal", "--generate-hashes", "--python-version", "3.11", "--no-header", "--quiet"]


def main() -> int:
    """Ask the registry for versions that fit the pyproject files."""
    compile_lock("bootstrap.lock", "--group", "pyproject.toml:bootstrap")
    projects = sorted(str(path.relative_to(ROOT)) for folder in ("libs", "services", "apps")
                      for path in ROOT.glob(f"{folder}/*/pyproject.toml"))  # fmt: skip
    compile_lock("requirements.lock", "--all-extras", "--no-emit-package", "missionare-kit", "--group",
                 "pyproject.toml:dev", *projects)  # fmt: skip
    return 0


def compile_lock(name: str, *what: str) -> None:
    """Write one lock file."""
    command = [str(UV), "pip", "compile", *COMMON, "-o", name, *what]
    subprocess.run(command, check=True, cwd=ROOT, env={**os.environ, "UV_PYTHON_DOWNLOADS": "never"})


if __name__ == "__main__":
    sys.exit(main())
