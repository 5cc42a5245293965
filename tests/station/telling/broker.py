"""A real broker, a wire to it that can be cut, and somebody who listens."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

ABSENT = "mosquitto is absent; deploy/test.sh installs it, or: sudo apt install mosquitto"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def until(holds: Callable[[], bool], within: float = 60.0) -> None:
    """Wait for a condition."""
    end = time.monotonic() + within
    while not holds():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.01)


class Mosquitto:
    """The broker, on a free port of loopback, with its sessions kept over a restart."""

    def __init__(self, folder: Path) -> None:
        command = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
        if command is None:
            pytest.skip(ABSENT)
        self.port = free_port()
        folder.chmod(0o777)  # it becomes another user where it is started by root
        conf = folder / "mosquitto.conf"
        conf.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence true\nautosave_interval 1\n"
            f"persistence_location {folder}/\nuser root\nmax_queued_messages 0\n"
        )
        self._command = [command, "-c", str(conf)]
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(self._answers)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(20)

    def _answers(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False


class Wire:
    """A port that leads to another, and can be cut: whatever is under way then is lost."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._ends: list[socket.socket] = []
        self._turn = threading.Lock()
        self.is_cut = False
        threading.Thread(target=self._take, daemon=True).start()

    def cut(self) -> None:
        with self._turn:
            self.is_cut = True
            for end in self._ends:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()
            self._ends.clear()

    def mend(self) -> None:
        self.is_cut = False

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def _take(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            with self._turn:
                if self.is_cut:
                    near.close()
                    continue
                try:
                    far = socket.create_connection(("127.0.0.1", self._to), 5)
                except OSError:
                    near.close()
                    continue
                self._ends += [near, far]
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=_carry, args=(one, other), daemon=True).start()


def _carry(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while data := one.recv(65536):
            other.sendall(data)
    with suppress(OSError):
        other.shutdown(socket.SHUT_RDWR)


class Receiver:
    """Takes every record that it has not, by its hash, as the documents ask of a receiver."""

    def __init__(self, port: int, topic: str) -> None:
        self.records: list[dict[str, Any]] = []
        self.states: list[dict[str, Any]] = []
        self.repeated = 0
        self._known: set[str] = set()
        self._ready = threading.Event()
        self._client = Client(CallbackAPIVersion.VERSION2, client_id="mes", clean_session=False)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_message = self._heard
        self._client.on_connect = lambda client, *_: client.subscribe(f"{topic}/#", 1) and None
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert self._ready.wait(30)

    @property
    def sequences(self) -> list[int]:
        return [each["sequence"] for each in self.records]

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _heard(self, _: Client, __: Any, message: MQTTMessage) -> None:
        told = json.loads(message.payload)
        if message.topic.endswith("/state"):
            self.states.append(told)
        elif told["record_hash"] in self._known:
            self.repeated += 1
        else:
            self._known.add(told["record_hash"])
            self.records.append(told)
