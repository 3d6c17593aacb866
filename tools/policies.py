"""Write `docs/reference/policies.md`: every endpoint of every service, and whom it lets in.

The rows come from the very objects that admit and refuse callers, so the table cannot say anything else.
"""

from __future__ import annotations

from tools.wiring import ROOT, wired

from missionare.kit.policies import markdown, policy_table

TABLE = ROOT / "docs" / "reference" / "policies.md"
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
    with wired() as services:
        tables = [f"## {service.name}\n\n{markdown(policy_table([service]))}" for service in services]
    return ABOUT + "\n".join(tables)


if __name__ == "__main__":
    main()
