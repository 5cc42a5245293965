"""Each record and each change of state to an MQTT broker, by a thread of its own that never holds up the loop.

    BASE/state       retained: online, state, says, message, notice, fault, verified; the last will says online: false
    BASE/inspection  every inspection, QoS 1
    BASE/event       every event: start, stop, fault, verification, what people did; QoS 1

Records come in the order of their sequence. After an outage some may come again, with the same `sequence` and
`record_hash`: a receiver leaves out what it has. Nothing is left out here: what the broker has not acknowledged is told
again. A log that was put back from a backup gives sequences again, to other records: they are told from there on.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty
from typing import TYPE_CHECKING, Any

from station.errors import LogError, StationError
from station.log import queries
from station.screen import Screen, View, word
from station.telling.outbox import Element, Kept, Position, resumed, waiting
from station.types import State

if TYPE_CHECKING:
    from paho.mqtt.client import Client

log = logging.getLogger(__name__)

QOS = 1
AT_ONCE = 50  # sequence numbers that are told before the position is kept
LOOK = 0.2  # seconds between two looks at the log
ALIVE = 15  # seconds of silence after which the broker publishes the will, times 1.5
KINDS = {"inspections": "inspection", "events": "event"}


@dataclass(frozen=True, slots=True)
class Broker:
    """[mqtt]: where to, as whom. The password stands in a file of its own, which only the station may read.

    topic   {name} in it is the station's
    ca      a file with the certificate that the broker's is held against; with it, TLS
    waits   seconds between two tries, the first and the longest
    """

    host: str
    port: int = 1883
    user: str = ""
    password_file: Path | None = None
    ca: Path | None = None
    topic: str = "station/{name}"
    waits: tuple[float, float] = (1.0, 30.0)


@contextmanager
def telling(broker: Broker, name: str, data: Path, screen: Screen) -> Iterator[None]:
    """Tell the broker for as long as this lasts; that it is away stops nothing.

    Raises StationError where the library is missing.
    """
    try:
        import paho.mqtt.client  # noqa: F401 - to be missed now, and not in the thread
    except ImportError:
        raise StationError("[mqtt] needs the library paho-mqtt: sudo bash deploy/install.sh --extras mqtt") from None
    teller = Teller(broker, name, data, screen)
    thread = threading.Thread(target=teller.work, name="mqtt", daemon=True)
    thread.start()
    try:
        yield
    finally:
        teller.stop.set()
        thread.join(3.0)  # what is not told by then is told after the next start


def base(broker: Broker, name: str) -> str:
    """The topic of a station; what has a meaning in topics has none in names."""
    plain = "".join("_" if each in "/+#" or not each.isprintable() else each for each in name)
    return broker.topic.replace("{name}", plain)


@dataclass
class Teller:
    """One connection after the other, each from the position on that was acknowledged last."""

    broker: Broker
    name: str
    data: Path
    screen: Screen
    stop: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._feed = self.screen.follow(100)
        self._topic, self._kept = base(self.broker, self.name), Kept(self.data, "mqtt")
        self._acknowledged: set[int] = set()
        self._lost = threading.Event()
        self._untold = ""  # why of the log nothing is told

    def work(self) -> None:
        """Until told to stop; whatever goes wrong, again after a wait that grows."""
        first, longest = self.broker.waits
        wait, said = first, ""
        while not self.stop.is_set():
            begun = time.monotonic()
            try:
                self._session()
                trouble = "the connection ended"
            except (OSError, ValueError, LogError, sqlite3.Error) as problem:
                trouble = str(problem)
            if self.stop.is_set():
                return
            if time.monotonic() - begun > longest:
                wait, said = first, ""
            if trouble != said:
                log.warning("The broker %s is not told: %s", self.broker.host, trouble)
            said = trouble
            self.stop.wait(wait)
            wait = min(2 * wait, longest)

    def _session(self) -> None:
        """From connecting to the end of the connection. Raises OSError, LogError."""
        client = self._connected()
        try:
            view, told = self.screen.view, self._kept.read()
            self._say(client, view, online=True)
            with queries.reading(self.data) as rows:
                told = resumed(rows, told)
            while not (self.stop.is_set() or self._lost.is_set()):
                if (newest := self._newest(view)) is not view:
                    view = newest
                    self._say(client, view, online=True)
                found = self._waiting(told)
                if count := self._tell(client, found):
                    told = found[count - 1].position
                    self._kept.write(told)
                elif not found:
                    self.stop.wait(LOOK)
            if not self._lost.is_set():
                self._leave(client, self._newest(view))
        finally:
            client.disconnect()
            client.loop_stop()

    def _waiting(self, told: Position) -> list[Element]:
        """What is to be told next; nothing of a log that cannot be read or was changed, and that is said once."""
        try:
            with queries.reading(self.data) as rows:
                found, why = waiting(rows, told, AT_ONCE), ""
        except LogError as trouble:
            found, why = [], str(trouble)
        if why not in ("", self._untold):
            log.warning("Nothing is told: %s", why)
        self._untold = why
        return found

    def _connected(self) -> Client:
        from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTv311
        from paho.mqtt.enums import CallbackAPIVersion
        from paho.mqtt.properties import Properties
        from paho.mqtt.reasoncodes import ReasonCode

        self._lost.clear()
        self._acknowledged.clear()
        answered, refusal = threading.Event(), [""]

        def on_connect(_: Client, __: Any, ___: ConnectFlags, code: ReasonCode, ____: Properties | None) -> None:
            refusal[0] = str(code) if code.is_failure else ""
            answered.set()

        def on_publish(_: Client, __: Any, number: int, ___: ReasonCode, ____: Properties | None) -> None:
            self._acknowledged.add(number)

        def on_disconnect(_: Client, __: Any, ___: DisconnectFlags, ____: ReasonCode, _____: Properties | None) -> None:
            self._lost.set()

        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"station-{self.name}",
            clean_session=True,
            protocol=MQTTv311,
            reconnect_on_failure=False,
        )
        client.on_connect, client.on_publish, client.on_disconnect = on_connect, on_publish, on_disconnect
        client.will_set(f"{self._topic}/state", json.dumps({"station": self.name, "online": False}), QOS, retain=True)
        if self.broker.user:
            client.username_pw_set(self.broker.user, self._password())
        if self.broker.ca:
            client.tls_set(str(self.broker.ca))
        client.connect(self.broker.host, self.broker.port, ALIVE)
        client.loop_start()
        try:
            until = time.monotonic() + 10
            while not answered.wait(0.05):
                if self._lost.is_set() or self.stop.is_set() or time.monotonic() > until:
                    raise ConnectionError("it does not answer")
            if refusal[0]:
                raise ConnectionError(f"it refuses: {refusal[0]}")
        except BaseException:
            client.loop_stop()
            raise
        return client

    def _password(self) -> str:
        if self.broker.password_file is None:
            return ""
        return self.broker.password_file.read_text("utf-8").strip()

    def _tell(self, client: Client, found: list[Element]) -> int:
        """Publish all and wait for the broker; returns how many of the first it has, also when it was lost."""
        numbers: list[int | None] = []
        for each in found:
            told = json.dumps(each.fields | {"station": self.name}, ensure_ascii=False, allow_nan=False)
            topic = f"{self._topic}/{KINDS.get(each.table)}"
            numbers.append(client.publish(topic, told, QOS).mid if each.table in KINDS else None)
        until = None
        while (count := self._first(numbers)) < len(numbers) and not self._lost.wait(0.005):
            if self.stop.is_set():
                until = until or time.monotonic() + 1.0
                if time.monotonic() > until:
                    break
        self._acknowledged.clear()
        return count

    def _first(self, numbers: list[int | None]) -> int:
        """How many of the first were acknowledged without a gap; a head is not told, and needs no answer."""
        return next(
            (at for at, number in enumerate(numbers) if number is not None and number not in self._acknowledged),
            len(numbers),
        )

    def _say(self, client: Client, view: View, online: bool) -> None:
        told = {
            "station": self.name,
            "online": online,
            "state": view.state.value,
            "says": word(view),
            "message": view.message,
            "notice": view.notice,
            "fault": view.fault,
            "verified": view.state is State.READY and not view.message,
        }
        client.publish(f"{self._topic}/state", json.dumps(told, ensure_ascii=False), QOS, retain=True)

    def _newest(self, former: View) -> View:
        """The view of now, if what is told of it has changed; else the former one, itself."""
        with suppress(Empty):
            while True:
                self._feed.get_nowait()
        now = self.screen.view
        said = [(each.state, each.message, each.notice, each.fault) for each in (former, now)]
        return former if said[0] == said[1] else now

    def _leave(self, client: Client, view: View) -> None:
        """A station that stops says so itself."""
        self._say(client, view, online=False)
        until = time.monotonic() + 1.0
        while client.want_write() and time.monotonic() < until:
            time.sleep(0.01)
