"""What was asked of a camera against what it does; see `calibration.controls`."""

from calibration.controls import Control, Setting, disobeyed

__all__ = ["Control", "Setting", "disobeyed"]
