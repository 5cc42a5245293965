"""The lamp over the stage: one that only burns, and one that can be dimmed."""

from __future__ import annotations

from typing import Any

from station.errors import LightError


class FixedLight:
    """A lamp on a power supply of its own, that the station cannot switch."""

    @property
    def level(self) -> float:
        return 1.0

    def set_level(self, level: float) -> None:
        if level != 1.0:
            raise LightError(f"This lamp only burns, it cannot be set to {level}: choose 1, or wire one with a dimmer.")


class DimmableLight:
    """A lamp whose driver is dimmed by a pin, numbered as GPIO.

    frequency  Hz. The pulses are timed by software: let the driver smooth them (an analogue input behind a low-pass),
               or their jitter is seen in the pictures.
    """

    def __init__(self, pin: int, pin_factory: Any, frequency: int = 1000) -> None:
        from gpiozero import PWMOutputDevice

        try:
            self._device = PWMOutputDevice(pin, frequency=frequency, pin_factory=pin_factory)
        except Exception as trouble:
            raise LightError(
                f"The lamp cannot have GPIO {pin} ({trouble}): stop the program that holds it, or give another pin."
            ) from trouble
        self._level = 0.0

    @property
    def level(self) -> float:
        return self._level

    def set_level(self, level: float) -> None:
        if not 0.0 <= level <= 1.0:
            raise LightError(f"The lamp cannot be set to {level}: choose a level from 0 (off) to 1 (full).")
        try:
            self._device.value = level
        except Exception as trouble:
            raise LightError(f"The lamp does not obey ({trouble}): look at its GPIO chip and its driver.") from trouble
        self._level = level

    def close(self) -> None:
        """Switch the lamp off and let go of its pin."""
        self._device.close()
        self._level = 0.0
