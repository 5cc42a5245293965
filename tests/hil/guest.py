"""Runs in the guest: python3 -m tests.hil.guest devices | station | power CUT with-fsync|without-fsync"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.hil.report import Report

SHARE = Path("/hil")


def main(what: str, *arguments: str) -> None:
    """Show one of them; what was shown goes into the shared folder."""
    report = Report(SHARE / "report.jsonl")
    match what:
        case "devices":
            from tests.hil import on_camera, on_controls, on_lines

            on_controls.show(report)
            on_camera.show(report)
            on_lines.show(report)
        case "station":
            from tests.hil import on_stage

            on_stage.show(report, SHARE / "stage")
        case "power":
            from tests.hil import on_power

            cut, how = arguments
            on_power.main(int(cut), how == "without-fsync", SHARE / f"{how}-{cut}.json")


if __name__ == "__main__":
    main(*sys.argv[1:])
