"""What the commands print: for people first, one JSON object a line with --json."""

from __future__ import annotations

import json
import math
from collections import Counter
from datetime import datetime
from typing import Any

import click

from station.types import Inspection, TriggerSource, Verdict

COLOURS = {Verdict.PASS: "green", Verdict.REJECT: "red", Verdict.UNSURE: "yellow"}


def emit(line: dict[str, Any]) -> None:
    """One JSON object on a line of its own, at once; what is not a finite number is null."""
    finite = {
        name: None if isinstance(value, float) and not math.isfinite(value) else value for name, value in line.items()
    }
    click.echo(json.dumps(finite, ensure_ascii=False, allow_nan=False))


def local(utc: str) -> str:
    """UTC text, as records keep it → local time with its zone."""
    return f"{datetime.fromisoformat(utc).astimezone():%Y-%m-%d %H:%M:%S %Z}"


def moment(_: click.Context, __: click.Parameter, told: str | None) -> datetime | None:
    """An option that takes a time: local where it names no zone, as records keep it with `Z`."""
    if told is None:
        return None
    try:
        return datetime.fromisoformat(told).astimezone()
    except (ValueError, OverflowError):
        raise click.BadParameter(
            f"{told!r} is no time such as 2026-01-05, 2026-01-05T14:00 or 2026-01-05T14:00+01:00"
        ) from None


class Placements:
    """Prints a line for each placement and a summary of them all."""

    def __init__(self, expected: str, as_json: bool) -> None:
        self._expected, self.as_json = expected, as_json
        self.verification = ""  # what opened the gate for all of them, where one thing did
        self._verdicts: Counter[str] = Counter()
        self._pairs: Counter[tuple[bool, bool]] = Counter()  # (is the expected part, passed)
        self._named = self._rightly = self.faults = 0

    def show(self, inspection: Inspection, actual: str | None) -> None:
        """One placement; `actual` is what truly lay there, where that is known."""
        self._count(inspection, actual)
        line = {
            "file": inspection.source,
            "predicted_part_number": inspection.predicted_part_number,
            "score": inspection.score,
            "distance": inspection.distance,
            "verdict": inspection.verdict.value,
            "reason": inspection.reason.value,
            "image_sha256": inspection.image_sha256,
            "decision_ms": round(inspection.decision_ms, 3),
        }
        if actual is not None:
            line["actual_part_number"] = actual
        if self.as_json:
            emit(line | {"sequence": inspection.sequence, "is_simulated": inspection.is_simulated})
        else:
            click.echo(self._sentence(inspection, actual))

    def summary(self) -> dict[str, Any]:
        """Counts over all placements; shares are None where nothing was there to count."""
        right, right_passed = self._of(True), self._pairs[True, True]
        wrong, wrong_passed = self._of(False), self._pairs[False, True]
        return {
            "summary": True,
            "expected_part_number": self._expected,
            "placements": sum(self._verdicts.values()),
            "verdicts": dict(self._verdicts),
            "expected_parts": right,
            "expected_parts_passed": right_passed,
            "yield": right_passed / right if right else None,
            "wrong_parts": wrong,
            "wrong_parts_passed": wrong_passed,
            "predicted_rightly": self._rightly / self._named if self._named else None,
            "faults": self.faults,
            **({"verification": self.verification} if self.verification else {}),
        }

    def close(self) -> None:
        """Print the summary."""
        summary = self.summary()
        if self.as_json:
            emit(summary)
            return
        counts = ", ".join(f"{count} {verdict}" for verdict, count in self._verdicts.most_common())
        click.echo(f"\n{summary['placements']} placements: {counts or 'none'}")
        if summary["expected_parts"]:
            click.echo(
                f"{self._expected} passed: {summary['expected_parts_passed']} of {summary['expected_parts']}"
                f" ({summary['yield']:.1%})"
            )
        if summary["wrong_parts"]:
            click.echo(f"Other parts passed (escapes): {summary['wrong_parts_passed']} of {summary['wrong_parts']}")
        if summary["predicted_rightly"] is not None:
            click.echo(f"Told apart rightly, of parts that the network knows: {summary['predicted_rightly']:.2%}")

    def knows(self, part_numbers: tuple[str, ...]) -> None:
        """Only these count as told apart rightly or wrongly; another part can be no more than unknown."""
        self._part_numbers = part_numbers

    _part_numbers: tuple[str, ...] = ()

    def _count(self, inspection: Inspection, actual: str | None) -> None:
        self._verdicts[inspection.verdict.value] += 1
        self.faults += inspection.reason.value == "fault"
        if actual is not None:
            self._pairs[actual == self._expected, inspection.verdict is Verdict.PASS] += 1
        if actual in self._part_numbers:
            self._named += 1
            self._rightly += actual == inspection.predicted_part_number

    def _of(self, expected: bool) -> int:
        return self._pairs[expected, True] + self._pairs[expected, False]

    def _sentence(self, inspection: Inspection, actual: str | None) -> str:
        said = [
            f"{inspection.sequence:6}",
            click.style(f"{inspection.verdict:6}", fg=COLOURS[inspection.verdict], bold=True),
            f"sees {inspection.predicted_part_number or 'nothing'}",
            "" if inspection.score is None else f"score {inspection.score:.3f}  distance {inspection.distance:.3f}",
            "" if actual is None else f"really {actual}",
            inspection.source if inspection.trigger is TriggerSource.REPLAY else "",
            "(simulated)" if inspection.is_simulated else "",
            inspection.advice,
        ]
        return "  ".join(filter(None, said))
