"""Write `contracts/`: what every service promises, to the others and to programs outside, made from its code.

Nothing is ever taken away here, and what the code says anew is added: see `contracts/README.md`.
"""

from __future__ import annotations

from tools.contracts.files import documents
from tools.wiring import ROOT


def main() -> None:
    """Write what is new or has changed."""
    for path, content in documents().items():
        if not path.exists() or path.read_text(encoding="utf-8") != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
            print(f"written: {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
