"""The line told by GPIO. What each level means is written in deploy/README.md, section "GPIO"."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event
from typing import Any

from station.errors import SignalError
from station.signals import word_of
from station.signals.chip import open_chip
from station.types import Clock, Inspection, TriggerSource

GLANCE = 0.001  # seconds between two looks at ACK
BOUNCE = 0.005  # seconds that TRIGGER has to stay before it counts


class GpioLine:
    """PASS, REJECT, BUSY, READY and FAULT as levels, TRIGGER and ACK as pulses, on pins numbered as GPIO.

    trigger_pin, ack_pin   None: the line does not ask, or does not acknowledge
    ack_limit              seconds that the line has to acknowledge
    beat_period            seconds from one pulse of READY to the next, half of them high
    chip                   label of the GPIO chip; None: that of a Raspberry Pi
    pin_factory            of gpiozero; None: the chip's, opened and closed with the line
    """

    def __init__(
        self,
        pass_pin: int = 17,
        reject_pin: int = 27,
        busy_pin: int = 22,
        ready_pin: int = 23,
        fault_pin: int = 24,
        trigger_pin: int | None = None,
        ack_pin: int | None = None,
        ack_limit: float = 0.5,
        beat_period: float = 1.0,
        chip: str | None = None,
        pin_factory: Any = None,
        *,
        clock: Clock,
    ) -> None:
        self._outputs = {
            "PASS": pass_pin,
            "REJECT": reject_pin,
            "BUSY": busy_pin,
            "READY": ready_pin,
            "FAULT": fault_pin,
        }
        self._trigger_pin, self._ack_pin = trigger_pin, ack_pin
        self._ack_limit, self._half_beat = ack_limit, beat_period / 2
        self._chip, self._lent = chip, pin_factory
        self._clock = clock
        self._factory: Any = None
        self._pins: dict[str, Any] = {}
        self._beaten = -math.inf
        self._asked = Event()

    def open(self) -> None:
        self.close()
        try:
            self._factory = self._lent or open_chip(self._chip)
            self._take_pins()
            with self._obeying() as pins:
                pins["REJECT"].on()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Withdraw PASS, then let go of the pins one by one; of a chip that is gone nothing can be let go."""
        pins, self._pins = self._pins, {}
        factory, self._factory = self._factory, None
        self._beaten = -math.inf
        self._asked.clear()
        for withdraw in [pins[word].off for word in self._outputs if word in pins]:
            with suppress(Exception):
                withdraw()
        for pin in pins.values():
            with suppress(Exception):
                pin.close()
        if factory is not None and factory is not self._lent:
            with suppress(Exception):
                factory.close()

    def beat(self, now: float) -> None:
        if now - self._beaten >= self._half_beat:
            with self._obeying() as pins:
                pins["FAULT"].off()  # a station that beats has mended it
                pins["READY"].toggle()
            self._beaten = now

    def busy(self) -> None:
        with self._obeying() as pins:
            self._withdraw()
            pins["BUSY"].on()

    def send(self, inspection: Inspection) -> None:
        with self._obeying() as pins:
            self._withdraw()
            ack = pins.get("ACK")
            was_high = ack is not None and ack.is_active
            pins[word_of(inspection)].on()
            pins["BUSY"].off()  # the line reads the verdict as BUSY falls
            if ack is not None:
                self._await_rise(ack, was_high)

    def clear(self) -> None:
        with self._obeying():
            self._withdraw()

    def fault(self, code: str) -> None:  # noqa: ARG002 - a level has no room for a word
        with self._obeying() as pins:
            pins["PASS"].off()
            pins["REJECT"].on()
            pins["FAULT"].on()
            pins["READY"].off()
            pins["BUSY"].off()

    def triggered(self) -> TriggerSource | None:
        with self._obeying():
            asked = self._asked.is_set()
            self._asked.clear()
        return TriggerSource.GPIO if asked else None

    def _withdraw(self) -> None:
        """No verdict. Before another one is told, too: PASS and REJECT are never high together."""
        self._pins["PASS"].off()
        self._pins["REJECT"].off()

    def _await_rise(self, ack: Any, high: bool) -> None:
        """Wait for ACK to rise; `high`: it was up before the verdict, and has to fall first."""
        until = self._clock.monotonic() + self._ack_limit
        while self._clock.monotonic() < until:
            was_high, high = high, ack.is_active
            if high and not was_high:
                return
            self._clock.sleep(GLANCE)
        raise SignalError(
            f"The line did not acknowledge within {self._ack_limit} s: "
            f"look at the controller and at the wire of ACK, GPIO {self._ack_pin}."
        )

    @contextmanager
    def _obeying(self) -> Iterator[dict[str, Any]]:
        """The pins. Whatever goes wrong withdraws PASS and is a SignalError.

        A PASS that cannot be withdrawn is let go of: the resistor at the pin pulls it down.
        """
        if not self._pins:
            raise SignalError("The GPIO line is not open: open it first.")
        try:
            yield self._pins
        except BaseException as trouble:
            try:
                self._withdraw()
                self._pins["REJECT"].on()
            except Exception:
                self.close()
            if isinstance(trouble, SignalError) or not isinstance(trouble, Exception):
                raise
            raise SignalError(f"The GPIO chip does not obey ({trouble}): look whether it is still there.") from trouble

    def _take_pins(self) -> None:
        try:
            from gpiozero import DigitalInputDevice, InputDevice, OutputDevice
        except ImportError as trouble:
            raise SignalError(f"GPIO needs gpiozero ({trouble}): install the station with its extra `pi`.") from trouble
        for word, number in self._outputs.items():
            self._take(word, number, OutputDevice)
        if self._trigger_pin is not None:
            self._take("TRIGGER", self._trigger_pin, DigitalInputDevice, bounce_time=BOUNCE)
            self._pins["TRIGGER"].when_activated = self._asked.set
        if self._ack_pin is not None:
            self._take("ACK", self._ack_pin, InputDevice)

    def _take(self, word: str, number: int, kind: Any, **settings: Any) -> None:
        """Claim a pin: outputs low, inputs pulled down. The kernel lets nobody else have it."""
        try:
            self._pins[word] = kind(number, pin_factory=self._factory, **settings)
        except Exception as trouble:
            raise SignalError(
                f"{word} cannot have GPIO {number} ({trouble}): stop the program that holds it, which `gpioinfo` "
                "names, or give another pin in station.toml."
            ) from trouble
