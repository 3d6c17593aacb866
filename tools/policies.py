"""Write `docs/reference/policies.md`: every endpoint of every service, and whom it lets in.

The rows come from the very objects that admit and refuse callers, so the table cannot say anything else.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import get_type_hints

from missionare.kit.policies import markdown, policy_table
from missionare.kit.service import Service
from missionare.kit.testing import settings_for

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "docs" / "reference" / "policies.md"
SERVICES = sorted(path.parent.name for path in (ROOT / "services").glob("*/pyproject.toml"))
ABOUT = """# Who may call what

Written by `make policies` from the routes; a test fails while it is out of date. Change the route, not this page.

* **Who**: `public` is everybody. `signed in` is every person and API key. `roles` and `services` are those named.
  `link` is whoever holds the mailed link in the address.
* Nobody else is let in: who is not signed in gets 401, who is known and not named gets 403.
* Which of their objects the admitted then see is decided object by object: what is not theirs is 404.
* **On behalf**: who may do it for somebody else, who asked for it by telephone, on paper or at the counter.
* **Headers needed**: without `Idempotency-Key` 400, without `If-Match` 428, with another version than the present 412.

"""


def main() -> None:
    """Write the table."""
    TABLE.parent.mkdir(parents=True, exist_ok=True)
    TABLE.write_text(document(), encoding="utf-8")
    print(f"written: {TABLE.relative_to(ROOT)}")


def document() -> str:
    """Give the whole page: one table for each service."""
    with TemporaryDirectory() as folder:
        services = [declared(name, Path(folder)) for name in SERVICES]
        tables = [f"## {service.name}\n\n{markdown(policy_table([service]))}" for service in services]
    return ABOUT + "\n".join(tables)


def declared(name: str, folder: Path) -> Service:
    """Wire a service as its process does; nothing is opened."""
    build = importlib.import_module(f"missionare.{name}.app").build
    kind = get_type_hints(build)["settings"]
    service: Service = build(settings_for(name, f"mongodb://127.0.0.1/{name}", folder, kind=kind))
    return service


if __name__ == "__main__":
    main()
