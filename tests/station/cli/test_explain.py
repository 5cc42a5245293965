"""`station log explain`: the words are those of the record, and the picture shows them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import Result

from models.bundle import KNOWN, Bundle
from models.explain import Explanation, Heat, Neighbour
from models.known import Small, pack
from station import drawn as room
from station.assembly import BENCH
from station.drawn import AGAINST, FOR, coloured, drawn, meaning
from station.explain import Explained
from station.log.archive import Archive
from tests.station.cli.command import lines, station
from tests.station.releases import release


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    assert station("demo", "--headless", "--parts", 4, "--data", folder).exit_code == 0
    return folder


@pytest.fixture
def record(data: Path) -> dict[str, Any]:
    """One that was rejected."""
    return lines(station("log", "search", "--data", data, "--verdict", "REJECT", "--json"))[0]


def explain(data: Path, record: object, *arguments: object) -> Result:
    return station("log", "explain", record, "--data", data, *arguments)


def test_the_words_come_first_verdict_gate_numbers_and_what_lies_nearest(data: Path, record: dict[str, Any]) -> None:
    result = explain(data, record["sequence"])
    assert result.exit_code == 0
    first, second, third, *rest = result.stdout.splitlines()
    assert first.startswith(f"Record {record['sequence']}, ")
    assert first.endswith(f"REJECT {record['reason']} (simulated)")
    assert second.startswith("Expected 1041-A, seen ")
    assert third.startswith("The gate “")
    assert sum("distance " in line and "distance to" not in line for line in rest) == 3
    assert any("closed" in line for line in rest)


def test_programs_get_the_same(data: Path, record: dict[str, Any]) -> None:
    (told,) = lines(explain(data, record["inspection_id"], "--json"))
    assert (told["sequence"], told["verdict"], told["is_simulated"]) == (record["sequence"], "REJECT", True)
    closed = [each["gate"] for each in told["readings"] if not each["is_open"]]
    assert closed[0] == told["gate"]
    assert told["gate"] in told["sentence"]
    assert len(told["nearest"]) == 3
    assert told["picture"] is None


def test_the_picture_is_drawn(data: Path, record: dict[str, Any], tmp_path: Path) -> None:
    result = explain(data, record["sequence"], "--out", tmp_path / "why.png")
    assert f"Drawn into {tmp_path / 'why.png'}." in result.stdout
    picture = cv2.imread(str(tmp_path / "why.png"))
    path = Archive(data).path_of(record["image_sha256"])
    assert picture is not None
    assert path
    patch = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    assert patch is not None
    shown = picture[room.HEAD : room.HEAD + room.SIDE, room.GAP : room.GAP + room.SIDE, 0]
    assert np.abs(cv2.resize(shown, (224, 224), interpolation=cv2.INTER_AREA).astype(int) - patch).mean() < 3


def test_a_bundle_says_when_it_keeps_no_pictures(data: Path, record: dict[str, Any]) -> None:
    if KNOWN not in Bundle.load(BENCH).files:
        assert "keeps no pictures of its known examples" in explain(data, record["sequence"]).stdout


def test_the_known_examples_are_shown_with_their_pictures(tmp_path: Path) -> None:
    gray = {"1041-A": 60, "1041-B": 200}
    small = {part: [Small.of(np.full((224, 224), gray[part], np.uint8))] for part in gray}
    known = {part: small[part] * len(rows) for part, rows in Bundle.load(BENCH).references.items()}
    bundle = release(tmp_path, "known", {KNOWN: pack(known)})
    photographs = tmp_path / "pictures"
    from station.simulation.dataset import write

    list(write(photographs, count=1, seed=5))
    station("replay", photographs, "--bundle", bundle, "--expect", "1041-A", "--data", tmp_path / "data")
    result = explain(tmp_path / "data", 2, "--bundle", bundle, "--out", tmp_path / "why.png", "--json")
    nearest = json.loads(result.stdout)["nearest"][0]["part_number"]
    picture = cv2.imread(str(tmp_path / "why.png"))
    assert picture is not None
    left = 3 * room.GAP + 2 * room.SIDE
    assert (
        np.abs(picture[room.HEAD : room.HEAD + room.SMALL, left : left + room.SMALL] - float(gray[nearest])).max() < 3
    )


def test_no_such_record_is_the_answer_no(data: Path) -> None:
    result = explain(data, 999)
    assert (result.exit_code, result.stderr) == (1, f"There is no record 999 in {data}.\n")


def test_without_its_picture_the_numbers_are_told_and_what_is_missing(
    data: Path, record: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Archive, "read", lambda *_: None)
    result = explain(data, record["sequence"])
    assert result.exit_code == 3
    assert "The gate “" in result.stdout
    assert "can be told in numbers only: its picture is not kept any more." in result.stderr
    assert lines(explain(data, record["sequence"], "--json"))[0]["nearest"] is None


def test_a_bundle_that_is_gone_is_one_sentence(
    data: Path, record: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("station.bundles.RELEASED", tmp_path)
    result = explain(data, record["sequence"])
    assert result.exit_code == 3
    assert "is not here any more" in result.stderr


def test_a_picture_that_cannot_be_written_is_one_sentence(data: Path, record: dict[str, Any], tmp_path: Path) -> None:
    result = explain(data, record["sequence"], "--out", tmp_path / "none" / "why.png")
    assert result.exit_code == 3
    assert "name another file" in result.stderr


def heat(score: float, distance: float) -> Heat:
    places = np.zeros((2, 12, 12), np.float32)
    places[:, 3, 8] = score, distance
    return Heat(*places)


@pytest.mark.parametrize(("change", "colour"), [(0.6, FOR), (-0.6, AGAINST)])
def test_a_place_has_the_colour_of_what_it_speaks_for(change: float, colour: tuple[int, int, int]) -> None:
    patch = np.full((448, 448), 128, np.uint8)
    found = coloured(patch, heat(change, 0.0).score)
    middle = found[round(3.5 * 448 / 12), round(8.5 * 448 / 12)].astype(float)
    assert np.abs(middle - (0.25 * 128 + 0.75 * np.array(colour))).max() < 12
    assert (found[300:, :200] == 128).all()


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (heat(0.6, 0.0), ["Orange speaks for A: covered, its score falls by up to 0.60"]),
        (heat(0.01, 0.2), ["Orange speaks for A: covered, it lies up to 0.200 farther off"]),
        (heat(0.01, -0.2), ["Blue speaks against it: covered, up to 0.200 nearer (the score stays)"]),
        (heat(0.0, 0.0), ["No place matters: whatever is covered, score and distance stay"]),
    ],
)
def test_the_colours_are_said_in_words(found: Heat, words: list[str]) -> None:
    assert meaning(Explanation("A", (), found)) == words


def test_letters_that_cannot_be_drawn_and_long_sentences_do_no_harm() -> None:
    row = {"sequence": 1, "verdict": "UNSURE", "reason": "too_close", "acquired_at": "2026", "part_number": "Wélle-Ⅱ"}
    explained = Explained({**row, "is_simulated": True}, "expected part", "long " * 200, (), Bundle.load(BENCH))
    near = (Neighbour("Wélle-Ⅱ", 0.1, np.zeros((64, 64), np.uint8)),) * 3
    picture = drawn(explained, np.zeros((224, 224), np.uint8), Explanation("Wélle-Ⅱ", near, heat(0.5, 0.5)))
    assert picture.shape[2] == 3
