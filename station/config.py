"""station.toml → frozen dataclasses; every mistake is named by its path, all at once.

These tables are what a station.toml may hold; what has a default may be left out. Unknown keys are mistakes.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path
from types import UnionType
from typing import Any, Literal, get_args

from station.errors import ConfigError
from station.log.keeping import Terms
from station.telling.mqtt import Broker
from station.watch import Limits

LONGEST_ACK = 2.0  # seconds; a controller takes a heartbeat that is silent for 3 for the end
PULLED_UP = range(9)  # GPIO 0 to 8 of a Raspberry Pi, at boot


@dataclass(frozen=True, slots=True)
class Usb:
    """[camera] kind = "usb": V4L2. `device` is a stable path, /dev/v4l/by-id/… None leaves a control alone."""

    device: str
    kind: Literal["usb"] = "usb"
    width: int = 1280
    height: int = 720
    fps: int = 30
    exposure: float | None = None
    gain: float | None = None
    white_balance: float | None = None
    focus: float | None = None


@dataclass(frozen=True, slots=True)
class Pi:
    """[camera] kind = "picamera": a camera on the ribbon cable of a Raspberry Pi."""

    kind: Literal["picamera"] = "picamera"
    index: int = 0
    width: int = 1280
    height: int = 720
    fps: int = 30
    exposure_us: int | None = None
    gain: float | None = None
    lens_position: float | None = None


@dataclass(frozen=True, slots=True)
class Simulated:
    """[camera] kind = "simulated": the bench, which lays its own parts, to try a line without a camera.

    Its records say so, but a controller cannot know: `tells_a_real_line` says that this is understood.
    """

    kind: Literal["simulated"] = "simulated"
    seed: int = 1
    fps: int = 30
    tells_a_real_line: bool = False


@dataclass(frozen=True, slots=True)
class Gpio:
    """[[line]] kind = "gpio": one pin a word."""

    kind: Literal["gpio"] = "gpio"
    pass_pin: int = 17
    reject_pin: int = 27
    busy_pin: int = 22
    ready_pin: int = 23
    fault_pin: int = 24
    trigger_pin: int | None = None
    ack_pin: int | None = None
    ack_limit: float = 0.5
    chip: str | None = None

    def pins(self) -> list[int]:
        """Every pin that is used."""
        outputs = [self.pass_pin, self.reject_pin, self.busy_pin, self.ready_pin, self.fault_pin]
        return outputs + [pin for pin in (self.trigger_pin, self.ack_pin) if pin is not None]


@dataclass(frozen=True, slots=True)
class Serial:
    """[[line]] kind = "serial": one ASCII line a message. `port` is any URL that pyserial knows."""

    port: str
    kind: Literal["serial"] = "serial"
    baud: int = 115200
    ack_limit: float = 0.5


@dataclass(frozen=True, slots=True)
class OrderTable:
    """[order]: what is run from the start, if no work order was begun before; left out, there is no order then."""

    part_number: str = ""
    work_order: str = ""
    lot: str = ""
    operator: str = ""


@dataclass(frozen=True, slots=True)
class OrdersTable:
    """[orders]: a folder into which CSV files with work orders are dropped."""

    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class WebTable:
    """[web]: the screens. `names` are further host names under which browsers may call the station."""

    serve: bool = True
    host: str = "127.0.0.1"
    port: int = 8080
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TriggerTable:
    """[trigger]: what starts an inspection, and how long (seconds) a part must lie still, and the stage be empty.

    retry_within: seconds of empty stage within which a part that was UNSURE comes back; later it counts as a new one.
    """

    sources: tuple[Literal["presence", "key", "gpio", "serial", "http"], ...] = ("presence",)
    still_for: float = 0.15
    gone_for: float = 0.15
    retry_within: float = 60.0


@dataclass(frozen=True, slots=True)
class MasterTable:
    """[[verification.part]]: verdict = "PASS" is a golden part, "REJECT" a challenge part; due is a day (UTC)."""

    id: str
    part_number: str
    verdict: Literal["PASS", "REJECT"]
    due: date


@dataclass(frozen=True, slots=True)
class VerificationTable:
    """[verification]: how long a verification holds, and the parts it is made with; without any, unnamed ones."""

    hours: float = 8.0
    part: tuple[MasterTable, ...] = ()


@dataclass(frozen=True, slots=True)
class ShadowTable:
    """[shadow]: a candidate bundle, a folder, that judges beside the one in use and signals nothing."""

    bundle: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """The whole of station.toml. `data` and `bundle` are folders; relative ones start at the file's own folder."""

    name: str
    data: Path
    bundle: Path
    order: OrderTable = field(default_factory=OrderTable)
    camera: Usb | Pi | Simulated
    line: tuple[Gpio | Serial, ...]
    orders: OrdersTable = field(default_factory=OrdersTable)
    web: WebTable = field(default_factory=WebTable)
    trigger: TriggerTable = field(default_factory=TriggerTable)
    verification: VerificationTable = field(default_factory=VerificationTable)
    watch: Limits = field(default_factory=Limits)
    shadow: ShadowTable | None = None
    keeping: Terms = field(default_factory=Terms)  # [keeping]: how long pictures are kept; without it, for ever
    mqtt: Broker | None = None  # [mqtt]: whom inspections and states are told; without it, nobody


def load(path: Path) -> Configuration:
    """Read and check a station.toml. Raises ConfigError naming every mistake by its path."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError([f"{path} is not there; copy deploy/station.toml and fill it in"]) from None
    except (OSError, UnicodeDecodeError) as trouble:
        raise ConfigError([f"{path} cannot be read: {getattr(trouble, 'strerror', None) or trouble}"]) from trouble
    except tomllib.TOMLDecodeError as trouble:
        raise ConfigError([f"{path} is not TOML: {trouble}"]) from trouble
    return parse(tables, path.absolute().parent)


def parse(tables: dict[str, Any], folder: Path) -> Configuration:
    """Tables as read from TOML → Configuration. Raises ConfigError naming every mistake by its path."""
    # imported here: it costs as much as half of OpenCV, and a replay or a demo has no station.toml
    from cattrs import BaseValidationError, Converter
    from cattrs.errors import CattrsError
    from cattrs.v import format_exception, transform_error

    def sentence(mistake: BaseException, kind: type | None) -> str:
        if type(mistake) in (ValueError, CattrsError):  # ours, and what cattrs says of a wrong word
            return str(mistake).replace("not in literal typing.Literal", "is not one of ")
        return format_exception(mistake, kind)

    converter = Converter(forbid_extra_keys=True)
    converter.register_structure_hook(Path, lambda value, _: folder / _text(value))
    for kind, check in ((str, _text), (bool, _flag), (int, _whole), (float, _number), (date, _day)):
        converter.register_structure_hook(kind, lambda value, _, check=check: check(value))
    for union in (Usb | Pi | Simulated, Gpio | Serial):
        converter.register_structure_hook(
            union, lambda table, _, union=union: converter.structure(table, _kind(table, union))
        )
    try:
        configuration = converter.structure(tables, Configuration)
    except BaseValidationError as mistakes:
        raise ConfigError(transform_error(mistakes, path="station.toml", format_exception=sentence)) from None
    if impossible := list(_impossible(configuration)):
        raise ConfigError(impossible)
    return configuration


def _kind(table: object, union: UnionType) -> type:
    """Which of the tables of a union is meant, by its `kind`."""
    kinds: dict[Any, type] = {kind.__dataclass_fields__["kind"].default: kind for kind in get_args(union)}
    kind = table.get("kind") if isinstance(table, dict) else None
    if kind not in kinds:
        raise ValueError(f"kind must be one of {', '.join(map(str, kinds))}; it is {kind!r}")
    return kinds[kind]


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"expected text in quotes, got {value!r}")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"expected true or false, got {value!r}")
    return value


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"expected a whole number, got {value!r}")
    return value


def _number(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise ValueError(f"expected a number, got {value!r}")
    return float(value)


def _day(value: object) -> date:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise ValueError(f"expected a day such as 2026-12-31, without quotes, got {value!r}")
    return value


def _impossible(configuration: Configuration) -> Iterator[str]:
    """What has the right type and still cannot be."""
    if not configuration.line:
        yield "station.toml needs at least one [[line]]: nobody would be told the verdict"
    for path, seconds in (
        ("trigger.still_for", configuration.trigger.still_for),
        ("trigger.gone_for", configuration.trigger.gone_for),
    ):
        if not 0 < seconds <= 10:
            yield f"{seconds} is not between 0 and 10 seconds @ station.toml.{path}"
    if not 0 <= (port := configuration.web.port) < 65536:
        yield f"{port} is no port, 1 to 65535, or 0 for any that is free @ station.toml.web.port"
    order = configuration.order
    if not order.part_number and (order.work_order or order.lot):
        yield "a fixed order names its part_number; leave [order] out to choose at the screen @ station.toml.order"
    if not configuration.trigger.sources:
        yield "nothing would ever start an inspection @ station.toml.trigger.sources"
    if not 0 < configuration.verification.hours <= 24:
        yield f"{configuration.verification.hours} is not between 0 and 24 hours @ station.toml.verification.hours"
    yield from _impossible_limits(configuration.watch)
    for name, value in asdict(configuration.keeping).items():
        if not 0 <= value <= 100_000:
            yield f"{value:g} is not between 0 (for ever) and 100000 @ station.toml.keeping.{name}"
    if not 0 <= (within := configuration.trigger.retry_within) <= 3600:
        yield f"{within} is not between 0 and 3600 seconds @ station.toml.trigger.retry_within"
    yield from _impossible_broker(configuration.mqtt)
    yield from _impossible_masters(configuration.verification.part, configuration.order.part_number)
    camera = configuration.camera
    if not isinstance(camera, Simulated) and not all(
        0 < size <= 10_000 for size in (camera.width, camera.height, camera.fps)
    ):
        yield "width, height and fps must be whole numbers above 0 @ station.toml.camera"
    if isinstance(camera, Simulated) and not 5 <= camera.fps <= 60:
        yield f"{camera.fps} is not between 5 and 60 pictures a second @ station.toml.camera.fps"
    if isinstance(camera, Simulated) and camera.seed < 0:
        yield "seed must be 0 or more @ station.toml.camera.seed"
    if isinstance(camera, Simulated) and not camera.tells_a_real_line:
        yield "a simulated PASS looks real to a line; say tells_a_real_line = true if it may @ station.toml.camera"
    for number, line in enumerate(configuration.line):
        where = f"station.toml.line[{number}]"
        if not 0 < line.ack_limit <= LONGEST_ACK:
            yield f"{line.ack_limit} is not between 0 and {LONGEST_ACK} seconds @ {where}.ack_limit"
        if isinstance(line, Gpio) and line.pass_pin in PULLED_UP:
            yield f"GPIO {line.pass_pin} is pulled up at boot, and PASS with it; take 9 to 27 @ {where}.pass_pin"
        if isinstance(line, Gpio) and len(set(line.pins())) < len(line.pins()):
            yield f"one pin is given to two words @ {where}"
    if "gpio" in configuration.trigger.sources and not any(
        isinstance(line, Gpio) and line.trigger_pin is not None for line in configuration.line
    ):
        yield "the trigger comes by gpio, but no [[line]] has a trigger_pin @ station.toml.trigger.sources"
    if "serial" in configuration.trigger.sources and not any(isinstance(line, Serial) for line in configuration.line):
        yield "the trigger comes by serial line, but no [[line]] is serial @ station.toml.trigger.sources"


def _impossible_broker(broker: Broker | None) -> Iterator[str]:
    if broker is None:
        return
    if not 0 < broker.port < 65536:
        yield f"{broker.port} is no port @ station.toml.mqtt.port"
    if not broker.topic.strip("/") or set(broker.topic) & set("+#") or "{name}" not in broker.topic:
        yield f"{broker.topic!r} must name the station by {{name}}, without + or # @ station.toml.mqtt.topic"
    if not 0 < broker.waits[0] <= broker.waits[1]:
        yield "waits must be two numbers of seconds, the first and the longest @ station.toml.mqtt.waits"


def _impossible_limits(watch: Limits) -> Iterator[str]:
    """What would watch nothing, or call everything drift."""
    if not 3 <= watch.first <= 1000:
        yield f"{watch.first} is not between 3 and 1000 placements @ station.toml.watch.first"
    if not 100 <= watch.false_alarm <= 1e9:
        yield f"{watch.false_alarm:g} is not between 100 and 1e9 placements @ station.toml.watch.false_alarm"
    if not 0 < watch.light[0] < 1 < watch.light[1]:
        yield "light must be a number below and one above 1 @ station.toml.watch.light"
    for name in ("sharpness", "clipped", "unsure", "reject"):
        if not 0 < getattr(watch, name) < 1:
            yield f"{getattr(watch, name)} is not between 0 and 1 @ station.toml.watch.{name}"
    for name, most in asdict(watch.stage).items():
        if not 0 < most < (1 if name in ("light", "evenness", "focus", "moved") else 100):
            yield f"{most} watches nothing, or calls everything drift @ station.toml.watch.stage.{name}"
    for name, spread in asdict(watch.tolerance).items():
        if not 0 < spread < 1:
            yield f"{spread} is not between 0 and 1 @ station.toml.watch.tolerance.{name}"


def _impossible_masters(parts: tuple[MasterTable, ...], expected: str) -> Iterator[str]:
    """What cannot verify the order, and parts that nobody could tell apart in the log."""
    where = "station.toml.verification.part"
    ids = [part.id for part in parts]
    for number, part in enumerate(parts):
        if not part.id.strip():
            yield f"a part needs an id, as it is written on it @ {where}[{number}].id"
        elif part.id in ids[:number]:
            yield f"the id {part.id} is given to two parts @ {where}[{number}].id"
    if not expected:
        return
    if parts and not any(part.verdict == "PASS" and part.part_number == expected for part in parts):
        yield f'no golden part (verdict = "PASS") is {expected}, as the order is @ {where}'
    if parts and not any(part.verdict == "REJECT" and part.part_number != expected for part in parts):
        yield f'no challenge part (verdict = "REJECT") is another than {expected}, as the order is @ {where}'
