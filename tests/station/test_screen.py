"""Whoever watches sees whole pictures, and can never hold up the loop."""

from __future__ import annotations

from dataclasses import replace

from station.masters import Standing
from station.screen import Screen, View, word
from station.types import Frame, State
from tests.station.factories import AT, inspection

FRAME = Frame(1, 1.0, AT, encoded=b"")


def test_a_verdict_is_shown_with_the_picture_it_was_given_on() -> None:
    screen = Screen()
    screen.show(FRAME, inspection())
    assert (screen.view.frame, screen.view.inspection) == (FRAME, inspection())


def test_once_the_part_is_moved_its_verdict_is_history_and_whoever_follows_hears_of_it_once() -> None:
    screen = Screen()
    screen.show(FRAME, inspection())
    assert screen.view.is_there
    follower = screen.follow()
    screen.clear()
    screen.clear()
    assert not follower.get_nowait().is_there
    assert follower.empty()
    assert screen.view.inspection == inspection()


def test_a_fault_makes_history_of_a_verdict_and_it_does_not_come_back_when_that_is_mended() -> None:
    screen = Screen()
    screen.show(FRAME, inspection())
    screen.tell(State.READY, "Drift.")
    assert screen.view.is_there
    screen.tell(State.ERROR, "The camera is gone.")
    screen.tell(State.READY)
    assert not screen.view.is_there


def test_a_station_that_asks_for_something_is_not_verified_unless_it_was_and_its_order_is_complete() -> None:
    asking, done = View(State.READY, "Lay the golden part."), Standing(since=AT)
    assert word(asking) == "Not verified"
    assert word(replace(asking, message="The order is complete.", standing=done)) == "Ready"
    assert word(replace(asking, standing=Standing(bypass_ends=AT))) == "Not verified"


def test_a_picture_once_taken_does_not_change() -> None:
    screen = Screen()
    taken = screen.view
    screen.tell(State.ERROR, "The camera is gone.")
    assert taken.state is State.PREOPERATIONAL
    assert screen.view.message == "The camera is gone."


def test_a_notice_stands_beside_every_state_until_it_is_taken_back() -> None:
    screen = Screen()
    screen.notice("The bundle was refused.")
    screen.tell(State.READY, "Lay the golden part.")
    screen.show(FRAME, inspection())
    assert (screen.view.message, screen.view.notice) == ("Lay the golden part.", "The bundle was refused.")
    screen.notice("")
    assert screen.view.notice == ""


def test_a_follower_hears_of_every_state_and_inspection_but_not_of_every_frame() -> None:
    screen = Screen()
    follower = screen.follow()
    screen.tell(State.READY)
    screen.watch(FRAME)
    screen.show(FRAME, inspection())
    assert follower.get_nowait().state is State.READY
    assert follower.get_nowait().inspection == inspection()
    assert follower.empty()


def test_a_follower_that_does_not_keep_up_misses_some_and_delays_nobody() -> None:
    screen = Screen()
    follower = screen.follow(depth=2)
    for number in range(10):
        screen.show(FRAME, inspection(sequence=number))
    assert follower.qsize() == 2
    assert screen.view.inspection == inspection(sequence=9)
