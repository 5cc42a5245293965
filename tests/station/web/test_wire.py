"""The loop's end of the wire takes what the pages have to say, and nothing that somebody else makes them say."""

from __future__ import annotations

import os
import pickle
import socket
import subprocess
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from station.errors import DeviceError
from station.people import Person, Role
from station.types import TriggerSource
from station.web.apart import apart
from station.web.program import started
from station.web.server import LOOPBACK
from station.web.spoken import SAID, Alive, Answer, Asked, Call, Trouble, Up, Wanted
from station.web.wire import COUNT, MOST, Wire
from tests.station.web.site import Site
from tests.station.web.taken_over import Doing

REACHED = b"Call.__init__.__globals__"


class Wires:
    """The loop's end, and the pages'; `raw` sends bytes as they are."""

    def __init__(self) -> None:
        here, there = socket.socketpair()
        self.loop, self.pages = Wire(here, SAID), Wire(there)
        self.raw = Connection(os.dup(there.fileno()))


@pytest.fixture
def wires() -> Iterator[Wires]:
    wires = Wires()
    yield wires
    wires.raw.close()
    wires.pages.close()
    wires.loop.close()


@pytest.mark.parametrize(
    "said",
    [
        Up("http://127.0.0.1:8080/"),
        Trouble("The port is taken.", is_known=True),
        Alive("Siti Aminah"),
        *(Asked(source.value) for source in TriggerSource),
        Call(1, "bay", "tune", ("exposure", 6880.0, "Nur")),
        Call(2, "bay", "begin", ("Nur", False, True)),
        Call(3, "room", "now"),
    ],
)
def test_what_the_pages_say_is_taken(wires: Wires, said: object) -> None:
    wires.pages.send(said)
    assert wires.loop.receive() == said


WRAPPED: tuple[Callable[[Any], object], ...] = (
    lambda it: it,
    Alive,
    lambda it: Call(1, "bay", "do", (it,)),
    lambda it: {"one": [it]},
)


@pytest.mark.parametrize("wrapped", WRAPPED)
def test_nothing_that_does_something_is_taken_however_it_is_wrapped(
    wires: Wires, tmp_path: Path, wrapped: Callable[[Any], object]
) -> None:
    ran = tmp_path / "ran"
    for doing in (Doing(os.system, f"touch {ran}"), Doing(eval, f"open({str(ran)!r}, 'w')"), Doing(Path.touch, ran)):
        wires.pages.send(wrapped(doing))
        with pytest.raises(pickle.UnpicklingError, match="does not go over this wire"):
            wires.loop.receive()
    assert not ran.exists()


@pytest.mark.parametrize("said", [Answer(1), Person("Eva", Role.SUPERVISOR), TriggerSource.HTTP, b"".join])
def test_no_other_class_is_taken_not_even_one_of_ours(wires: Wires, said: object) -> None:
    wires.pages.send(said)
    with pytest.raises(pickle.UnpicklingError, match="does not go over this wire"):
        wires.loop.receive()


def test_no_way_leads_through_a_class_that_is_taken(wires: Wires) -> None:
    named = b"".join(pickle.SHORT_BINUNICODE + bytes([len(name)]) + name for name in (b"station.web.spoken", REACHED))
    wires.raw.send_bytes(bytes(COUNT) + pickle.PROTO + b"\x04" + named + pickle.STACK_GLOBAL + pickle.STOP)
    with pytest.raises(pickle.UnpicklingError, match="__globals__ does not go over this wire"):
        wires.loop.receive()


def test_pictures_are_not_taken(wires: Wires) -> None:
    wires.pages.send(pickle.PickleBuffer(np.zeros(3).data))
    with pytest.raises(pickle.UnpicklingError):
        wires.loop.receive()


def test_what_is_too_large_for_words_is_not_even_read(wires: Wires) -> None:
    os.write(wires.raw.fileno(), (MOST + 1).to_bytes(4))
    with pytest.raises(OSError, match="bad message length"):
        wires.loop.receive()


def test_pages_that_were_taken_over_are_heard_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = Site(tmp_path)
    monkeypatch.setattr(
        "station.web.apart.started", lambda _, *told, **more: started("tests.station.web.taken_over", *told, **more)
    )
    with apart(site.station, Wanted(tmp_path, LOOPBACK, 0)) as pages:
        pages.wait()
        site.until(lambda: not any(thread.is_alive() for thread in pages._threads))
        assert site.station.at_work() == ""
        with pytest.raises(DeviceError, match="ended by itself"):
            pages.check()
    assert not (tmp_path / "ran").exists()
    site.close()


ODD: Any = (7,)  # what none of them holds


@pytest.mark.parametrize(
    "said",
    [
        5,
        {"at_work": "Mallory"},
        Asked("never"),
        *(each(ODD) for each in (Up, Alive, Asked)),
        Trouble(ODD, True),
        Call(1, ODD, ""),
    ],
)
def test_pages_that_say_plain_values_which_no_page_says_are_heard_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: object
) -> None:
    """A name that is no text would stand in the next record."""
    ends = list[Wire]()

    def begun(_: str, number: str, **__: object) -> subprocess.Popen[bytes]:
        ends.append(Wire(socket.socket(fileno=os.dup(int(number)))))
        return subprocess.Popen(["sleep", "600"])

    monkeypatch.setattr("station.web.apart.started", begun)
    monkeypatch.setattr("station.web.apart.FAREWELL", 0.0)
    site = Site(tmp_path)
    with apart(site.station, Wanted(tmp_path, LOOPBACK, 0)) as pages:
        ends[0].send(Alive("Siti Aminah"))
        site.until(lambda: site.station.at_work() == "Siti Aminah")
        ends[0].send(said)
        site.until(lambda: site.station.at_work() == "")
        with pytest.raises(DeviceError, match="ended by itself"):
            pages.check()
    ends[0].close()
    site.close()
