"""What can go wrong, drawn as a tree; every leaf is also the builtin that a Python programmer expects.

    StationError
    ├── ConfigError (ValueError)        station.toml cannot be used; lists every mistake
    ├── DeviceError (OSError)           something at the end of a cable
    │   ├── CameraError                 lost, stale, frozen, or gave no usable frame
    │   ├── LightError                  a lamp does not obey
    │   └── SignalError                 the line cannot be told, or did not acknowledge
    ├── LogError (OSError)              the record or its picture cannot be kept
    ├── BundleError (ValueError)        the bundle is damaged, or not for these part numbers
    ├── DataError (ValueError)          these photographs cannot be learnt from
    ├── OrderError (ValueError)         a work order cannot be taken, begun or closed
    ├── AccountError (PermissionError)  somebody may not come in, or an account cannot be made
    └── ProfileError (ValueError)       there is no calibration, or it is for another camera

The message is one plain sentence that names the mend. Whatever is raised, the line reads reject.
`models` and `calibration` know nothing of this tree; `BundleError` is theirs, and re-told here.
"""


class StationError(Exception):
    """The station cannot go on as asked; the message is for the person who can mend it."""


class ConfigError(StationError, ValueError):
    """The configuration holds mistakes; `mistakes` names each by its path."""

    def __init__(self, mistakes: list[str]) -> None:
        self.mistakes = mistakes
        super().__init__("\n".join(mistakes))


class DeviceError(StationError, OSError):
    """A device is missing, busy, or does not do as told."""


class CameraError(DeviceError):
    """The camera gives no frame that may be judged."""


class LightError(DeviceError):
    """The lamp cannot be switched or set."""


class SignalError(DeviceError):
    """The line cannot be told, or did not acknowledge in time."""


class LogError(StationError, OSError):
    """The record or its picture could not be kept on disk."""


class BundleError(StationError, ValueError):
    """The bundle cannot be used for this order."""


class DataError(StationError, ValueError):
    """The photographs cannot be learnt from; every mistake is named."""


class OrderError(StationError, ValueError):
    """A work order cannot be taken, begun or closed as asked."""


class AccountError(StationError, PermissionError):
    """Somebody may not come in, or an account cannot be made or read."""


class ProfileError(StationError, ValueError):
    """There is no calibration for this camera, or it is damaged."""
