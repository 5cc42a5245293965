"""A broker is told every record, in order, whatever becomes of the broker; the loop does not notice."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from station.config import _impossible_broker
from station.log import queries
from station.log.backup import backup, restore
from station.log.store import TraceabilityLog
from station.screen import Screen
from station.telling.mqtt import Broker, Teller, base, telling
from station.telling.outbox import Position
from station.types import State
from tests.station.log.samples import StoppedClock, judged, pictures
from tests.station.telling.broker import Mosquitto, Receiver, Wire, until

NAME = "station-7"
OUTAGES = 200


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    (tmp_path / "broker").mkdir()
    broker = Mosquitto(tmp_path / "broker")
    yield broker
    broker.stop()


@pytest.fixture
def wire(mosquitto: Mosquitto) -> Iterator[Wire]:
    wire = Wire(mosquitto.port)
    yield wire
    wire.close()


@pytest.fixture
def receiver(mosquitto: Mosquitto) -> Iterator[Receiver]:
    receiver = Receiver(mosquitto.port, f"station/{NAME}")
    yield receiver
    receiver.close()


@pytest.fixture
def log(tmp_path: Path) -> Iterator[TraceabilityLog]:
    log = TraceabilityLog(tmp_path / "data", StoppedClock())
    yield log
    log.close()


def fast(port: int) -> Broker:
    return Broker("127.0.0.1", port, waits=(0.01, 0.05))


def recorded(data: Path) -> list[int]:
    with queries.reading(data) as rows:
        return [
            each[0]
            for each in rows.execute("SELECT sequence FROM inspections UNION SELECT sequence FROM events ORDER BY 1")
        ]


def test_each_record_is_told_whole(tmp_path: Path, wire: Wire, receiver: Receiver, log: TraceabilityLog) -> None:
    log.append(judged(), pictures())
    log.note("fault", "The camera is gone.", code="camera")
    with telling(fast(wire.port), NAME, tmp_path / "data", Screen()):
        until(lambda: len(receiver.records) == 2)
    first, second = receiver.records
    with queries.reading(tmp_path / "data") as rows:
        assert queries.show(rows, "1") | {"station": NAME} == first  # type: ignore[operator] # seen as it is told
    assert (second["kind"], second["details"]) == ("fault", {"code": "camera"})


def test_the_state_is_retained_and_a_station_that_vanishes_is_said_to_be_offline(
    tmp_path: Path, mosquitto: Mosquitto, wire: Wire, receiver: Receiver, log: TraceabilityLog
) -> None:
    screen = Screen()
    with telling(fast(wire.port), NAME, tmp_path / "data", screen):
        screen.tell(State.READY)
        until(lambda: bool(receiver.states) and receiver.states[-1].get("says") == "Ready")
        screen.tell(State.ERROR, "The camera is gone: plug it in.", fault="camera")
        until(lambda: receiver.states[-1].get("fault") == "camera")
        wire.cut()
        until(lambda: receiver.states[-1] == {"station": NAME, "online": False})
        wire.mend()
        until(lambda: receiver.states[-1]["online"] and receiver.states[-1]["fault"] == "camera")
    until(lambda: not receiver.states[-1]["online"])


def test_over_two_hundred_outages_each_record_comes_once_and_in_order(
    tmp_path: Path, wire: Wire, receiver: Receiver, log: TraceabilityLog
) -> None:
    chance, over = random.Random(7), threading.Event()

    def work() -> None:
        while not over.is_set():
            log.append(judged(), pictures())
            time.sleep(0.002)

    line = threading.Thread(target=work)
    with telling(fast(wire.port), NAME, tmp_path / "data", Screen()):
        line.start()
        for _ in range(OUTAGES):
            time.sleep(chance.uniform(0.0, 0.06))
            wire.cut()
            time.sleep(chance.uniform(0.0, 0.06))
            wire.mend()
        over.set()
        line.join()
        wanted = recorded(tmp_path / "data")
        until(lambda: len(receiver.records) >= len(wanted))
    assert receiver.sequences == wanted
    assert len(wanted) > 200
    print(f"{len(wanted)} records over {OUTAGES} outages, {receiver.repeated} of them told again and left out")


def test_a_broker_that_is_started_anew_is_told_what_it_missed(
    tmp_path: Path, mosquitto: Mosquitto, receiver: Receiver, log: TraceabilityLog
) -> None:
    with telling(fast(mosquitto.port), NAME, tmp_path / "data", Screen()):
        log.append(judged(), pictures())
        until(lambda: receiver.sequences == [1])
        mosquitto.stop()
        for _ in range(5):
            log.append(judged(), pictures())
        mosquitto.start()
        until(lambda: receiver.sequences == [1, 2, 3, 4, 5, 6])


def test_what_was_told_before_a_restart_is_not_told_again(
    tmp_path: Path, mosquitto: Mosquitto, receiver: Receiver, log: TraceabilityLog
) -> None:
    for wanted in ([1], [1, 2]):
        log.append(judged(), pictures())
        with telling(fast(mosquitto.port), NAME, tmp_path / "data", Screen()):
            until(lambda wanted=wanted: receiver.sequences == wanted)  # type: ignore[misc] # seen as it is told
            until(lambda wanted=wanted: f'"sequence": {wanted[-1]}' in _kept(tmp_path))  # type: ignore[misc] # seen as it is told
    assert receiver.repeated == 0


def _kept(folder: Path) -> str:
    path = folder / "data" / "telling" / "mqtt.json"
    return path.read_text() if path.exists() else ""


def test_a_record_that_was_changed_is_not_told(
    tmp_path: Path, mosquitto: Mosquitto, receiver: Receiver, log: TraceabilityLog, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        log.append(judged(), pictures())
    assert log._connection
    log._connection.execute("DROP TRIGGER inspections_are_not_changed")
    log._connection.execute("UPDATE inspections SET score = 1.0 WHERE sequence = 2")
    with telling(fast(mosquitto.port), NAME, tmp_path / "data", Screen()):
        until(lambda: "Record 2 does not follow" in caplog.text)
    assert receiver.sequences == []


def test_that_nothing_is_told_is_said_once_and_not_at_each_look(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    teller = Teller(Broker("x"), NAME, tmp_path / "nothing", Screen())
    for _ in range(3):
        assert teller._waiting(Position()) == []
    assert caplog.text.count("Nothing is told") == 1


def test_a_log_that_was_put_back_from_a_backup_is_told_on(
    tmp_path: Path, mosquitto: Mosquitto, receiver: Receiver
) -> None:
    data = tmp_path / "data"

    def work(count: int) -> None:
        with closing(TraceabilityLog(data, StoppedClock())) as log:
            for _ in range(count):
                log.append(judged(), pictures())

    work(2)
    backup(data, tmp_path / "copy")
    work(2)
    with telling(fast(mosquitto.port), NAME, data, Screen()):
        until(lambda: receiver.sequences == [1, 2, 3, 4] and '"sequence": 4' in _kept(tmp_path))
    restore(tmp_path / "copy", data, StoppedClock(), "Eva", "new disk")
    work(3)
    with telling(fast(mosquitto.port), NAME, data, Screen()):
        until(lambda: receiver.sequences == [1, 2, 3, 4, 3, 4, 5, 6])
    assert receiver.records[4]["kind"] == "restore"


def test_a_broker_that_is_not_there_holds_up_nobody(tmp_path: Path, log: TraceabilityLog) -> None:
    begun = time.monotonic()
    with telling(Broker("127.0.0.1", 9), NAME, tmp_path / "data", Screen()):
        for _ in range(3):
            log.append(judged(), pictures())
    assert time.monotonic() - begun < 20


def test_a_name_makes_no_topics() -> None:
    assert base(Broker("x"), "a/b+#\n") == "station/a_b___"


def test_a_topic_that_does_not_name_the_station_is_a_mistake_of_the_configuration() -> None:
    found = list(_impossible_broker(Broker("x", port=0, topic="all/#", waits=(2.0, 1.0))))
    assert [each.split("@ ")[1] for each in found] == [f"station.toml.mqtt.{n}" for n in ("port", "topic", "waits")]
    assert not list(_impossible_broker(Broker("x")))
