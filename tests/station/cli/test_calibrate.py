"""`station calibrate` in a real terminal, and `station calibration` for what came of it."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from calibration.geometry import NoBoard, geometry
from calibration.profile import Profiles
from station.assembly import BENCH
from station.log import queries
from station.study import Kept
from tests.station.cli.command import lines, station

CONFIG = f"""
name = "station-7"
data = "data"
bundle = "{BENCH}"
order = {{ part_number = "1041-A" }}
camera = {{ kind = "simulated", tells_a_real_line = true }}
line = [{{ kind = "serial", port = "loop://" }}]
"""
PATIENCE = 240.0  # seconds for one sentence, on a machine that does other work too


class Terminal:
    """A person at a terminal: reads what is said, types, and sees a live number meanwhile."""

    def __init__(self, *arguments: object) -> None:
        self._mine, theirs = pty.openpty()
        command = [sys.executable, "-m", "station", *map(str, arguments)]
        self.process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True)
        os.close(theirs)
        self.text, self._read = "", 0

    def until(self, pattern: str) -> str:
        """Read on until this is said; returns what came before it."""
        ends = time.monotonic() + PATIENCE
        while not (found := re.search(pattern, self.text[self._read :])):
            assert time.monotonic() < ends, f"{pattern} was never said, but {self.text[-300:]}"
            if select.select([self._mine], [], [], 1.0)[0]:
                try:
                    self.text += os.read(self._mine, 65536).decode("utf-8", "replace")
                except OSError:  # the other end has closed
                    assert re.search(pattern, self.text[self._read :]), self.text[-300:]
        said = self.text[self._read : self._read + found.end()]
        self._read += found.end()
        return said

    def type(self, line: str = "") -> None:
        os.write(self._mine, f"{line}\n".encode())

    def ends(self) -> int:
        return self.process.wait(PATIENCE)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._mine)


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("calibrate") / "station.toml"
    path.write_text(CONFIG)
    return path


@pytest.fixture(scope="module")
def data(config: Path) -> Path:
    """A station that was calibrated: left once, resumed, one step undone, signed."""
    with Terminal("calibrate", "--config", config, "--by", "nur") as first:
        for step in ("halt", "clean"):
            first.until(f"of 9: {step}")
            first.until("leave: go on within")
            first.type()
        first.until("of 9: lock")
        first.until(r"brightest place [0-9.]+ of 255 \(at least 215.6 of 255, at most 224.4 of 255\)")
        first.type("leave")
        first.until("the former calibration stays active")
        assert first.ends() == 1
    assert Profiles(config.parent / "data" / "calibration").active() is None

    with Terminal("calibrate", "--config", config, "--by", "nur") as second:
        second.until("goes on where it was left")
        second.until("Step 3 of 9: lock")
        second.until("leave: go on within")
        second.type("undo")
        second.until("Step 2 of 9: clean")
        while "Your name" not in second.until("leave: go on within|Your name"):
            second.type()
        second.type("Nur")
        second.until("Calibration 0001 is active. Verification is asked for")
        assert second.ends() == 0
        said = second.text
    assert "exposure: asked" in said
    assert "every pixel can be corrected" in said
    assert "recalibrating was" in said
    return config.parent / "data"


def test_it_is_led_through_in_a_terminal_and_the_log_tells_who_halted_the_line_left_and_signed(data: Path) -> None:
    with queries.reading(data) as log:
        events = [(row["kind"], row["operator"]) for row in reversed(queries.events(log))]
    begun, left, resumed = (("calibration_" + kind, "nur") for kind in ("begun", "left", "resumed"))
    assert events == [begun, left, begun, resumed, ("calibration", "Nur")]


def test_the_history_shows_who_and_when_and_which_is_in_use(data: Path) -> None:
    assert re.match(
        r"\* 0001  .* Nur +with flat field, simulated", station("calibration", "list", "--data", data).stdout
    )
    (line,) = lines(station("calibration", "list", "--data", data, "--json"))
    assert (line["number"], line["active"], line["made_by"], line["is_simulated"]) == (1, True, "Nur", True)
    assert line["figures"]["falloff_corrected"] < 0.02


def test_one_is_shown_with_its_pictures(data: Path, tmp_path: Path) -> None:
    result = station("calibration", "show", "--data", data, "--out", tmp_path / "pictures")
    assert "control exposure" in result.stdout
    assert "camera scale" in result.stdout
    names = {path.name for path in (tmp_path / "pictures").iterdir()}
    assert names == {f"0001-{name}.png" for name in ("before", "after", "part", "dark", "gain")}


def test_two_are_compared_and_yesterday_s_is_one_command_away(data: Path) -> None:
    profiles = Profiles(data / "calibration")
    again = profiles.load(1)
    second = profiles.save(replace(again, settings={"exposure": 9000.0}))
    profiles.use(second.number, "Tan", "now")
    told = station("calibration", "compare", 1, "--data", data).stdout
    assert re.search(r"control exposure +[0-9]+ +9000", told)
    assert "snr" not in told, "what is alike is not shown"
    result = station("calibration", "use", 1, "--data", data, "--by", "Tan")
    assert result.stdout == "Calibration 0001 is active. Verification is asked for.\n"
    assert (profiles.choice() or {})["by"] == "Tan"


def test_one_of_another_camera_is_refused_and_one_that_is_not_there(config: Path, data: Path) -> None:
    profiles = Profiles(data / "calibration")
    other = profiles.save(replace(profiles.load(1), camera="usb:/dev/video0 640x480"))
    result = station("calibration", "use", other.number, "--config", config)
    assert result.exit_code == 3
    assert "was made with usb:/dev/video0 640x480" in result.stderr
    smaller = profiles.save(replace(profiles.load(1), frame=(640, 360)))
    result = station("calibration", "use", smaller.number, "--config", config)
    assert result.exit_code == 3
    assert "was made with pictures of 640×360 pixels, the camera gives 1280×720" in result.stderr
    assert station("calibration", "use", 77, "--data", data).exit_code == 1
    assert (profiles.choice() or {})["number"] not in (other.number, smaller.number)


def test_the_trend_is_drawn_within_its_tolerance(data: Path) -> None:
    assert "Nothing was measured yet" in station("calibration", "trend", "--data", data).stdout
    table = data / "calibration" / "trend.csv"
    table.write_text(
        "day,measure,calibration,count,mean,least,most,limit\n"
        "2026-01-05,light,1,40,-0.01,-0.02,0.0,0.1\n"
        "2026-01-06,light,1,40,-0.09,-0.12,-0.05,0.1\n"
        "rubbish\n"
    )
    told = station("calibration", "trend", "--data", data).stdout.splitlines()
    assert [line.split()[0] for line in told if line] == ["light", "2026-01-05", "2026-01-06"]
    assert all(line.count("|") >= 1 and "o" in line for line in told if "2026" in line)
    rows = lines(station("calibration", "trend", "--data", data, "--days", 1, "--json"))
    assert [row["day"] for row in rows] == ["2026-01-06"]


def test_the_board_that_is_printed_is_the_one_that_is_looked_for(tmp_path: Path) -> None:
    import cv2
    import numpy as np

    from calibration.geometry import Board

    out = tmp_path / "board.png"
    assert "140 mm × 84 mm" in station("calibration", "board", out).stdout
    picture = np.asarray(cv2.imread(str(out), cv2.IMREAD_GRAYSCALE), np.uint8)
    seen = np.asarray(cv2.copyMakeBorder(picture, 100, 100, 100, 100, cv2.BORDER_CONSTANT, value=255), np.uint8)
    assert geometry(seen, Board(), 300).scale == pytest.approx(300 / 25.4, rel=0.01)
    with pytest.raises(NoBoard):
        geometry(np.full_like(seen, 255), Board(), 300)


def test_a_study_is_made_at_the_stage_and_its_page_is_printed_again(config: Path, data: Path) -> None:
    pieces = config.parent / "pieces.csv"
    pieces.write_text("piece,truth,part_number\nP1,good,1041-A\nP2,wrong,1041-B\n")
    options = ("--config", config, "--name", "first", "--pieces", pieces, "--trials", 1)
    result = station("study", "run", *options, "--people", "Ann,Bo")
    assert result.exit_code == 0, result.output
    assert "Ann, trial 1: lay the piece" in result.stdout
    assert "The limits are met." in result.stdout
    page = station("study", "report", "first", "--data", data)
    assert "placements             4 of 4" in page.stdout
    assert page.exit_code == 0
    (told,) = lines(station("study", "report", "first", "--data", data, "--json"))
    assert told["all"]["miss"] == {"count": 0, "of": 2, "interval": pytest.approx([0, 0.842], abs=1e-3)}
    other = station("study", "run", *options, "--people", "Ann,Cy")
    assert other.exit_code == 3
    assert "is a study of other pieces or people" in other.stderr


def test_the_order_of_the_pieces_is_drawn_anew_for_each_study_and_stands_in_page_and_log(
    config: Path, data: Path
) -> None:
    pieces = config.parent / "pieces.csv"
    pieces.write_text("piece,truth,part_number\nP1,good,1041-A\nP2,wrong,1041-B\n")
    options = ("--config", config, "--pieces", pieces, "--trials", 1, "--people", "Ann")
    drawn = []
    for name in ("second", "third"):
        assert station("study", "run", *options, "--name", name).exit_code == 0
        known = Kept(data, name).read()
        assert known is not None
        drawn.append(known.plan.seed)
        assert f"drawn by lot, seed {drawn[-1]}" in station("study", "report", name, "--data", data).stdout
    assert len({*drawn, 1}) == 3, "nobody knows it before"
    with queries.reading(data) as log:
        noted = [row["details"]["seed"] for row in queries.events(log, limit=2, kinds=("study",))]
    assert noted == drawn[::-1]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("piece,truth\nP1,good\nP2,fine\n", "row 3 has the truth 'fine'"),
        ("piece,truth\nP1,good\nP1,wrong\n", "a name of its own"),
        ("piece,truth\nP1,good\nP2,good\n", "good parts and wrong ones"),
    ],
)
def test_a_list_of_pieces_that_can_tell_nothing_is_refused(config: Path, table: str, said: str, tmp_path: Path) -> None:
    pieces = tmp_path / "pieces.csv"
    pieces.write_text(table)
    result = station("study", "run", "--config", config, "--name", "x", "--pieces", pieces, "--people", "Ann")
    assert result.exit_code == 3
    assert said in result.stderr


def test_a_broken_study_is_told(data: Path) -> None:
    (data / "studies").mkdir(exist_ok=True)
    (data / "studies" / "torn.jsonl").write_text(json.dumps({"plan": {}}) + "\n")
    result = station("study", "report", "torn", "--data", data)
    assert result.exit_code == 3
    assert "is not a whole study" in result.stderr
    assert station("study", "report", "none", "--data", data).exit_code == 1
