"""A collection asks, waits for a placement as the line does, and keeps nothing that is in doubt."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from models.dataset import load, read_picture
from models.preprocess import find
from station.collect.collection import Collection
from station.collect.wanted import VARIETY, Wanted
from station.errors import CameraError, LogError
from station.trigger import Event, Look, Trigger
from station.types import Frame
from tests.promises.stations import EXPECTED, SIZE
from tests.station.collect.stage import Stage


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def pictures(stage: Stage) -> list[str]:
    """The files of pictures that there are, with or without a row."""
    return sorted(path.relative_to(stage.folder).as_posix() for path in stage.folder.rglob("*.png"))


def test_each_placement_is_kept_in_the_session_under_the_specimen_that_was_asked_for(stage: Stage) -> None:
    collection = stage.collection(Wanted(EXPECTED, "monday", count=5, specimen=7, specimens=2))
    for number in range(5):
        stage.lays(x=12.0 * number - 24.0)
    files = [collection.take().file for _ in range(5)]
    assert files == [f"{EXPECTED}/monday-7-{n:03}.png" for n in (1, 2, 3)] + [
        f"{EXPECTED}/monday-8-{n:03}.png" for n in (1, 2)
    ]
    assert {entry.group for entry in collection.manifest.entries} == {
        f"{EXPECTED} session monday specimen 7",
        f"{EXPECTED} session monday specimen 8",
    }
    assert collection.left == 0


def test_what_is_kept_is_the_region_of_the_stage_bit_for_bit_as_the_camera_gave_it(stage: Stage) -> None:
    frames: list[Frame] = []
    read = stage.camera.read

    def remembered(newer_than: float = 0.0) -> Frame:
        frames.append(read(newer_than))
        return frames[-1]

    stage.camera.read = remembered  # type: ignore[method-assign] # a stand-in
    stage.lays()
    file = stage.collection().take().file
    kept = read_picture(stage.folder / file)
    assert kept.shape == SIZE[::-1]
    assert np.array_equal(kept, stage.profile.region.crop(frames[-1].gray()))


def test_what_was_collected_can_be_loaded_as_a_data_set_that_says_it_is_simulated(stage: Stage) -> None:
    for part_number in (EXPECTED, "1041-B"):
        collection = stage.collection(Wanted(part_number, "monday", count=2, specimens=1))
        for angle in (0.0, 90.0):
            stage.lays(angle=angle, part_number=part_number)
        while collection.left:
            assert collection.take().file
    assert load(stage.folder).part_numbers == (EXPECTED, "1041-B")
    assert {entry.is_simulated for entry in collection.manifest.entries} == {"true"}


def test_it_asks_for_one_specimen_after_the_other_and_for_variety_between(stage: Stage) -> None:
    collection = stage.collection(Wanted(EXPECTED, "monday", count=6, specimens=2))
    asked = []
    for number in range(6):
        asked.append(collection.asks)
        stage.lays(angle=37.0 * number)
        collection.take()
    assert asked[0] == "Clear the stage, then lay specimen 1 on it."
    assert asked[3] == "Take it away and lay the next specimen, number 2."
    between = asked[1:3] + asked[4:]
    assert set(between) <= set(VARIETY)
    assert len(set(between)) == len(between)


def test_what_lies_there_at_first_is_not_taken_for_what_was_asked(stage: Stage) -> None:
    stage.bench.lay(stage.bench.choose("1041-B", at=(-30.0, 0.0)))
    stage.does()
    stage.lays(x=30.0)
    file = stage.collection().take().file
    assert find(read_picture(stage.folder / file)).centre[0] > SIZE[0] / 2
    assert pictures(stage) == [file]


POOR: dict[str, tuple[Callable[[Stage], object], str]] = {
    "two parts": (lambda stage: stage.bench.place_two(EXPECTED, EXPECTED), "More than one part"),
    "over the edge": (lambda stage: stage.bench.place_over_edge(EXPECTED), "not wholly in view"),
    "out of focus": (lambda stage: setattr(stage.bench, "blur", 60.0), "not sharp"),
    "too little light": (lambda stage: setattr(stage.bench, "ageing", 0.65), "The light is at"),
    "too much light": (lambda stage: setattr(stage.bench, "ageing", 1.5), "The light is at"),
    "glare": (lambda stage: setattr(stage.bench, "glare", 1.0), "too bright in places"),
}


@pytest.mark.parametrize("poor", POOR)
def test_a_poor_picture_is_refused_with_the_reason_and_nothing_is_kept(stage: Stage, poor: str) -> None:
    mishap, said = POOR[poor]
    collection = stage.collection()
    if "part" in poor or "edge" in poor:
        stage.does(lambda: mishap(stage))
    else:
        stage.does(lambda: (mishap(stage), stage.bench.place(EXPECTED, (0.0, 0.0))))
    assert said in collection.take().refusal
    assert (collection.kept, collection.refused, collection.left) == (0, 1, 6)
    assert pictures(stage) == []
    assert collection.manifest.entries == []


def test_a_part_that_was_laid_as_before_is_refused_and_the_picture_it_repeats_is_named(stage: Stage) -> None:
    collection = stage.collection()
    stage.lays(x=10.0, angle=30.0)
    stage.lays(x=10.0, angle=30.0)
    kept = collection.take().file
    assert collection.take().refusal == f"It lies as in {kept}. Turn it, or lay it elsewhere."
    assert pictures(stage) == [kept]


def test_it_is_refused_too_when_it_was_laid_so_in_a_former_session(stage: Stage) -> None:
    stage.lays()
    kept = stage.collection().take().file
    stage.lays()
    assert kept in stage.collection(Wanted(EXPECTED, "tuesday")).take().refusal


def test_a_turned_and_a_moved_part_are_kept(stage: Stage) -> None:
    collection = stage.collection()
    stage.lays()
    stage.lays(angle=20.0)
    stage.lays(x=4.8)  # mm: three hundredths of the view
    assert all(collection.take().file for _ in range(3))


def test_after_a_refusal_the_same_is_asked_for_again(stage: Stage) -> None:
    collection = stage.collection()
    stage.does(lambda: stage.bench.place_over_edge(EXPECTED))
    before = collection.asks
    collection.take()
    assert collection.asks == before


def test_a_part_that_moves_at_the_last_moment_has_to_lie_still_again_and_is_kept_once(stage: Stage) -> None:
    class Knocked(Trigger):
        """Somebody knocks against the stage just when the picture is to be taken."""

        judged = 0

        def look(self, frame: Frame) -> Look:
            look = super().look(frame)
            if look.event is Event.JUDGE:
                self.judged += 1
                if self.judged == 1:
                    stage.bench.nudge(dx=12.0)
            return look

    trigger = Knocked(stage.profile)
    collection = stage.collection(trigger=trigger)
    stage.lays()
    collection.take()
    assert trigger.judged == 2
    assert (collection.kept, len(pictures(stage))) == (1, 1)


def test_a_session_that_was_broken_off_goes_on_where_it_was(stage: Stage) -> None:
    wanted = Wanted(EXPECTED, "monday", count=4, specimens=2)
    collection = stage.collection(wanted)
    for angle in (0.0, 60.0, 120.0):
        stage.lays(x=angle / 6, angle=angle)
        collection.take()
    again = stage.collection(wanted)
    assert (again.left, again.specimen) == (1, 2)
    stage.lays(x=-30.0)
    assert again.take().file == f"{EXPECTED}/monday-2-002.png"


def test_a_lost_camera_ends_it_with_one_sentence_and_what_was_kept_stays(stage: Stage) -> None:
    collection = stage.collection()
    stage.lays()
    kept = collection.take().file
    stage.bench.unplug()
    with pytest.raises(CameraError, match="plug it in again"):
        collection.take()
    assert pictures(stage) == [kept]


def test_a_camera_that_repeats_itself_gives_no_picture_to_keep(stage: Stage) -> None:
    collection = stage.collection()
    stage.does(lambda: setattr(stage.bench, "frozen", True))
    with pytest.raises(CameraError, match="frozen"):
        collection.take()
    assert pictures(stage) == []


def test_a_camera_of_another_size_than_the_calibrated_is_sent_to_the_wizard(stage: Stage, tmp_path: Path) -> None:
    collection: Collection = stage.collection()
    read = stage.camera.read
    stage.camera.read = lambda newer_than=0.0: halved(read(newer_than))  # type: ignore[method-assign] # a stand-in
    with pytest.raises(CameraError, match="station calibrate"):
        collection.take()


def halved(frame: Frame) -> Frame:
    return Frame(frame.number, frame.monotonic, frame.acquired_at, pixels=frame.gray(2))


def test_a_picture_of_the_data_set_that_has_gone_is_named(stage: Stage) -> None:
    stage.lays()
    file = stage.collection().take().file
    (stage.folder / file).unlink()
    with pytest.raises(LogError, match=r"monday-1-001\.png"):
        stage.collection()
