"""Every mistake of a station.toml is named by its path, all at once."""

from __future__ import annotations

import copy
import re
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from station.config import Configuration, Serial, Usb, load, parse
from station.errors import ConfigError
from station.watch import Limits

GOOD: dict[str, Any] = {
    "name": "station-1",
    "data": "data",
    "bundle": "/opt/bundle",
    "order": {"part_number": "1041-A"},
    "camera": {"kind": "usb", "device": "/dev/v4l/by-id/cam", "exposure": 120},
    "line": [{"kind": "serial", "port": "loop://"}],
}


GOLDEN: dict[str, Any] = {"id": "G-1", "part_number": "1041-A", "verdict": "PASS", "due": date(2026, 12, 31)}
CHALLENGE: dict[str, Any] = {"id": "C-1", "part_number": "1041-B", "verdict": "REJECT", "due": date(2026, 12, 31)}


def mistakes(**tables: Any) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse(copy.deepcopy(GOOD) | tables, Path("/etc/station"))
    return caught.value.mistakes


def test_a_good_file_becomes_frozen_values_with_folders_from_its_own_place() -> None:
    configuration = parse(GOOD, Path("/etc/station"))
    assert isinstance(configuration, Configuration)
    assert configuration.data == Path("/etc/station/data")
    assert configuration.bundle == Path("/opt/bundle")
    assert configuration.camera == Usb("/dev/v4l/by-id/cam", exposure=120.0)
    assert configuration.line == (Serial("loop://"),)


def test_all_mistakes_are_named_at_once_each_by_its_path() -> None:
    found = mistakes(
        name=3,
        order={"part_numbr": "x"},
        camera={"kind": "usb", "device": "/dev/video0", "widht": 3, "exposure": "auto"},
        line=[{"kind": "serial"}, {"kind": "gpio", "pass_pin": 1.5}],
        trigger={"sources": ["presense"]},
        extra=1,
    )
    for said in [
        "expected text in quotes, got 3 @ station.toml.name",
        "extra fields found (part_numbr) @ station.toml.order",
        "expected a number, got 'auto' @ station.toml.camera.exposure",
        "extra fields found (widht) @ station.toml.camera",
        "required field missing @ station.toml.line[0].port",
        "expected a whole number, got 1.5 @ station.toml.line[1].pass_pin",
        "extra fields found (extra) @ station.toml",
    ]:
        assert said in found
    assert any("presense is not one of" in line and "trigger.sources[0]" in line for line in found)


def test_an_unknown_kind_is_answered_with_the_known_ones() -> None:
    assert mistakes(camera={"kind": "webcam"}) == [
        "kind must be one of usb, picamera, simulated; it is 'webcam' @ station.toml.camera"
    ]


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({"line": []}, "at least one [[line]]"),
        ({"line": [{"kind": "gpio", "pass_pin": 17, "reject_pin": 17}]}, "one pin is given to two words"),
        ({"line": [{"kind": "serial", "port": "x", "ack_limit": 0}]}, "line[0].ack_limit"),
        ({"trigger": {"sources": []}}, "nothing would ever start"),
        ({"trigger": {"sources": ["gpio"]}}, "no [[line]] has a trigger_pin"),
        ({"trigger": {"still_for": -1}}, "trigger.still_for"),
        ({"line": [{"kind": "gpio", "pass_pin": 4}]}, "pulled up at boot"),
        ({"camera": {"kind": "usb", "device": "x", "fps": 0}}, "fps"),
        ({"camera": {"kind": "simulated"}}, "tells_a_real_line"),
        ({"camera": {"kind": "simulated", "tells_a_real_line": True, "fps": 4}}, "4 is not between 5 and 60"),
        ({"camera": {"kind": "simulated", "tells_a_real_line": True, "fps": 61}}, "camera.fps"),
        ({"camera": {"kind": "simulated", "tells_a_real_line": True, "seed": -1}}, "camera.seed"),
        ({"verification": {"hours": 100}}, "verification.hours"),
        ({"watch": {"first": 2}}, "watch.first"),
        ({"watch": {"false_alarm": 5}}, "watch.false_alarm"),
        ({"watch": {"light": [1.1, 1.2]}}, "watch.light"),
        ({"watch": {"sharpness": 0.0}}, "watch.sharpness"),
        ({"watch": {"unsure": 1.0}}, "watch.unsure"),
        ({"watch": {"tolerance": {"score": 0}}}, "watch.tolerance.score"),
        ({"verification": {"part": [GOLDEN, CHALLENGE | {"id": "G-1"}]}}, "given to two parts @ station.toml.verif"),
        ({"verification": {"part": [GOLDEN, CHALLENGE | {"id": " "}]}}, "verification.part[1].id"),
        ({"verification": {"part": [GOLDEN | {"part_number": "7"}, CHALLENGE]}}, "no golden part"),
        ({"verification": {"part": [GOLDEN, CHALLENGE | {"part_number": "1041-A"}]}}, "no challenge part"),
        ({"verification": {"part": [GOLDEN | {"due": "2026-12-31"}, CHALLENGE]}}, "without quotes"),
        ({"verification": {"part": [GOLDEN, CHALLENGE | {"verdict": "UNSURE"}]}}, "part[1].verdict"),
        ({"trigger": {"retry_within": -1}}, "trigger.retry_within"),
    ],
)
def test_what_cannot_be_is_refused(tables: dict[str, Any], said: str) -> None:
    found = mistakes(**tables)
    assert len(found) == 1
    assert said in found[0]


def test_the_shipped_example_is_whole_and_puts_first_what_acknowledges() -> None:
    configuration = load(Path(__file__).parents[2] / "deploy" / "station.toml")
    assert [line.kind for line in configuration.line] == ["serial", "gpio"]
    assert [part.verdict for part in configuration.verification.part] == ["PASS", "REJECT"]


def test_the_shipped_example_names_every_limit_of_the_watch_with_its_default() -> None:
    configuration = load(Path(__file__).parents[2] / "deploy" / "station.toml")
    text = (Path(__file__).parents[2] / "deploy" / "station.toml").read_text(encoding="utf-8")
    assert configuration.watch == Limits()
    assert asdict(Limits()).keys() | asdict(Limits().tolerance).keys() <= set(re.findall(r"\w+", text))


def test_serial_trigger_needs_a_serial_line() -> None:
    assert "serial" in mistakes(line=[{"kind": "gpio"}], trigger={"sources": ["serial"]})[0]


def test_not_a_number_is_no_number() -> None:
    assert mistakes(trigger={"still_for": float("nan")})


@pytest.mark.parametrize("content", [None, b"name = ", b"\xff\xfe"])
def test_a_file_that_is_missing_or_no_toml_is_one_sentence(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "station.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert len(caught.value.mistakes) == 1
    assert str(path) in caught.value.mistakes[0]
