"""Runs in the guest: python3 -m tests.hil.guest devices | power CUT with-fsync|without-fsync"""

from __future__ import annotations

import sys
from pathlib import Path

SHARE = Path("/hil")


def main(what: str, *arguments: str) -> None:
    """Show the devices, or write until the power goes; what was shown goes into the shared folder."""
    if what == "power":
        from tests.hil import on_power

        cut, how = arguments
        on_power.main(int(cut), how == "without-fsync", SHARE / f"{how}-{cut}.json")
        return
    from tests.hil import on_camera, on_lines
    from tests.hil.report import Report

    report = Report(SHARE / "report.jsonl")
    on_camera.show(report)
    on_lines.show(report)


if __name__ == "__main__":
    main(*sys.argv[1:])
