"""What goes wrong is told to the line at once, mended by itself where the cause goes away, and noted once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from queue import Queue

import pytest

from station import service
from station.log import queries
from station.screen import View
from station.types import State
from tests.promises.stations import EXPECTED, OnTheBench

LAST = 3.0  # seconds of the bench's time until the stop


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[OnTheBench]:
    rig = OnTheBench(tmp_path)
    yield rig
    rig.close()


def serve(rig: OnTheBench, seconds: float, meanwhile: Callable[[float], None] = lambda _: None) -> None:
    """Let the service run for so many seconds of the bench's time."""
    begun = rig.clock.monotonic()

    def stop() -> bool:
        meanwhile(rig.clock.monotonic() - begun)
        return rig.clock.monotonic() - begun > seconds

    service.serve(rig.station, stop)


def noted(rig: OnTheBench) -> list[tuple[str, str]]:
    with queries.reading(rig.folder) as log:
        return [(row["kind"], row["message"]) for row in reversed(queries.events(log))]


def test_it_starts_runs_and_stops_with_the_line_at_reject(rig: OnTheBench) -> None:
    rig.bench.place(EXPECTED)
    serve(rig, 1.5)
    assert rig.station.state is State.HALTED
    assert not rig.line.asserts_pass
    assert [kind for kind, _ in noted(rig)] == ["start", "stop"]


def test_a_camera_that_comes_back_is_opened_again_and_the_fault_is_noted_once(rig: OnTheBench) -> None:
    def meanwhile(at: float) -> None:
        if 1.0 < at < 1.1 and rig.bench.plugged:
            rig.bench.unplug()
        if at > 6.0 and not rig.bench.plugged:
            rig.bench.plug()
        if at > 5.9:
            return
        if at > 1.2:
            assert rig.station.state is State.ERROR

    serve(rig, 16.0, meanwhile)
    kinds = [kind for kind, _ in noted(rig)]
    faults = [message for kind, message in noted(rig) if kind == "fault"]
    assert faults
    assert len(faults) == len(set(faults))
    assert kinds[0] == "start"
    assert kinds[-2:] == ["start", "stop"]
    assert ("FAULT", "camera") in {(message.word, message.detail) for message in rig.line.messages}


def test_the_line_hears_of_the_fault_all_the_while(rig: OnTheBench) -> None:
    rig.bench.unplug()
    serve(rig, 5.0)
    faults = [message.at for message in rig.line.messages if message.word == "FAULT"]
    assert len(faults) > 20
    assert max(later - earlier for earlier, later in pairwise(faults)) <= 0.5


def test_the_line_stays_open_through_a_fault_of_the_camera_so_that_fault_stands(rig: OnTheBench) -> None:
    rig.bench.unplug()
    serve(rig, 5.0)
    assert [message.word for message in rig.line.messages if message.word in ("OPEN", "CLOSE")] == ["OPEN", "CLOSE"]


def test_a_line_that_was_cut_is_opened_again(rig: OnTheBench) -> None:
    def meanwhile(at: float) -> None:
        rig.line.broken = 1.0 < at < 3.0

    serve(rig, 8.0, meanwhile)
    assert [message.word for message in rig.line.messages].count("OPEN") == 2


def test_what_lay_there_before_the_fault_is_not_judged_after_it(rig: OnTheBench) -> None:
    def meanwhile(at: float) -> None:
        if at > 0.2 and not rig.bench.lying:
            rig.bench.lay(rig.bench.choose(EXPECTED))
            rig.bench.unplug()
        elif at > 1.0:
            rig.bench.plug()

    serve(rig, 6.0, meanwhile)
    assert "PASS" not in [message.word for message in rig.line.messages]


def test_an_error_of_the_program_itself_is_a_fault_and_no_end(
    rig: OnTheBench, caplog: pytest.LogCaptureFixture
) -> None:
    assert rig.station.trigger
    look, failures = rig.station.trigger.look, iter([ZeroDivisionError("unforeseen"), MemoryError()])

    def sometimes(frame: object) -> object:
        for failure in failures:
            raise failure
        return look(frame)  # type: ignore[arg-type] # a stand-in

    rig.station.trigger.look = sometimes  # type: ignore[method-assign, assignment] # a stand-in
    serve(rig, 4.0)
    assert ("FAULT", "internal") in {(message.word, message.detail) for message in rig.line.messages}
    assert [kind for kind, _ in noted(rig)][-2:] == ["start", "stop"]
    assert "unforeseen" in caplog.text
    assert [message.partition(":")[0] for kind, message in noted(rig) if kind == "fault"] == [
        "The station has a fault of its own",
        "The station ran out of memory",
    ]


def test_a_camera_that_cannot_even_be_closed_ends_nothing(rig: OnTheBench) -> None:
    def stuck() -> None:
        raise RuntimeError("the driver is gone")

    rig.camera.close = stuck  # type: ignore[method-assign] # a driver's own failure, which no bench has
    rig.bench.unplug()
    serve(rig, 3.0)
    assert rig.station.state is State.HALTED
    assert [kind for kind, _ in noted(rig)] == ["fault", "stop"]


def test_a_station_that_fails_at_its_first_look_waits_longer_each_time_and_notes_it_once(rig: OnTheBench) -> None:
    assert rig.station.trigger

    def blind(frame: object) -> object:
        raise ValueError("the frame is of another size")

    rig.station.trigger.look = blind  # type: ignore[method-assign, assignment] # whatever the cause
    serve(rig, 60.0)
    assert [kind for kind, _ in noted(rig)].count("fault") == 1


def test_ctrl_c_ends_it_with_the_line_at_reject(rig: OnTheBench) -> None:
    def meanwhile(at: float) -> None:
        if at > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        serve(rig, 5.0, meanwhile)
    assert rig.line.messages[-1].word == "CLOSE"
    assert rig.station.state is State.HALTED


def test_a_disk_that_is_full_is_a_fault_and_no_end(rig: OnTheBench) -> None:
    def meanwhile(at: float) -> None:
        if at > 0.4 and not rig.bench.lying and rig.bench.at_rest:
            rig.bench.place(EXPECTED)
        rig.log.is_full = 0.5 < at < 3.0

    serve(rig, 6.0, meanwhile)
    said = [(message.word, message.detail) for message in rig.line.messages]
    assert ("FAULT", "log") in said
    assert "PASS" not in [word for word, _ in said]
    assert [kind for kind, _ in noted(rig)] == ["start", "fault", "start", "stop"]


def test_a_fault_that_the_log_could_not_take_is_noted_at_the_stop_if_the_log_works_again_by_then(
    rig: OnTheBench,
) -> None:
    def meanwhile(at: float) -> None:
        if at > 0.4 and not rig.bench.lying and rig.bench.at_rest:
            rig.bench.place(EXPECTED)
        rig.log.is_full = 0.5 < at < LAST

    serve(rig, LAST, meanwhile)
    assert [kind for kind, _ in noted(rig)] == ["start", "fault", "stop"]


def test_what_mends_a_fault_stands_on_the_screen_until_it_is_mended(rig: OnTheBench) -> None:
    told: set[str] = set()

    def meanwhile(at: float) -> None:
        rig.line.broken = 1.0 < at < 6.0
        if at > 1.5:
            for view in _new(feed):
                if view.state is State.ERROR:
                    told.add(view.message)

    feed = rig.station.screen.follow()
    serve(rig, 8.0, meanwhile)
    assert told
    assert all(told)


def _new(feed: Queue[View]) -> Iterator[View]:
    while not feed.empty():
        yield feed.get_nowait()
