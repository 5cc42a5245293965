"""gpiozero's mock pins, with a memory and with the ways in which a chip fails."""

from __future__ import annotations

from typing import Any

from gpiozero.pins.mock import MockFactory, MockPin

PINS = {"PASS": 17, "REJECT": 27, "BUSY": 22, "READY": 23, "FAULT": 24, "TRIGGER": 5, "ACK": 6}


class Wire(MockPin):  # type: ignore[misc] # gpiozero has no types
    """A pin whose every change is remembered in order with those of the others; let go, its resistor pulls it down."""

    def close(self) -> None:
        super().close()
        if self.factory.has_resistors:
            self._change_state(False)

    def _set_state(self, value: Any) -> None:
        self.factory.obey()
        super()._set_state(value)

    def _set_function(self, value: str) -> None:
        if self.factory.is_gone and value == "output":
            raise OSError("no such device")
        super()._set_function(value)

    def _change_state(self, value: bool) -> bool:
        changed = bool(super()._change_state(value))
        if changed:
            self.factory.instants.append(self.factory.high())
        return changed


class Wires(MockFactory):  # type: ignore[misc] # gpiozero has no types
    """The chip.

    is_gone        True: it does nothing that it is told
    fails_in       after so many more writes one is not obeyed; None: all are
    has_resistors  False: a pin that is let go keeps its level
    instants       the words whose pins were high after each change
    """

    def __init__(self) -> None:
        super().__init__(pin_class=Wire)
        self.is_gone, self.has_resistors = False, True
        self.fails_in: int | None = None
        self.instants: list[set[str]] = []

    def obey(self) -> None:
        if self.fails_in is not None:
            self.fails_in -= 1
        if self.is_gone or self.fails_in == -1:
            raise OSError("no such device")

    def high(self) -> set[str]:
        """The words whose pins are high now."""
        return {word for word, number in PINS.items() if self._is_high(number)}

    def drive(self, word: str, up: bool) -> None:
        """The controller drives its wire."""
        pin = self.pin(PINS[word])
        pin.drive_high() if up else pin.drive_low()

    def turn(self, word: str) -> None:
        """The controller drives its wire the other way."""
        self.drive(word, word not in self.high())

    def _is_high(self, number: int) -> bool:
        return any(pin.state for info, pin in self.pins.items() if info.name == f"GPIO{number}")
