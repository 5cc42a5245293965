"""Configuration → station. This module alone knows every device by its name; each is imported in its own case."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import models
from calibration.draft import Draft
from calibration.ground import Tolerances
from calibration.profile import DamagedProfile, Profile, Profiles, Region
from models.bundle import Bundle
from models.dataset import DataSetError, Picture, listed
from models.preprocess import Preparation
from station.acts import Acts
from station.attempts import Attempts
from station.bundles import Bundles, load_bundle
from station.cameras.freshness import FreshCamera, Freshness
from station.changeover import Changeover
from station.errors import CameraError, ConfigError, LogError, ProfileError, SignalError
from station.keeper import Keeper
from station.log import queries
from station.log.keeping import Terms
from station.log.store import DATABASE, TraceabilityLog
from station.log.trouble import FULL
from station.lookout import Lookout
from station.loop import Station
from station.masters import UNNAMED, Master, needed
from station.model import Model, seen_through
from station.recalibrated import Recalibrated, fits, lock, note_choice_while_stopped
from station.recalibrated import record as record_choice
from station.seal import Seal
from station.shadow import Shadow, together
from station.signals import Several
from station.stage import StageWatch
from station.swap import Swap, record
from station.trend import Trend
from station.trigger import Trigger
from station.types import Camera, Clock, Light, Order, Signal, SystemClock, TriggerSource, Verdict
from station.verification import Verification, Verified, Waived
from station.watch import Limits, Watch
from station.wishes import Wish
from station.witness import Witness

if TYPE_CHECKING:  # imported where they are used: a replay needs no configuration, and starts the quicker for it
    from calibration.geometry import Board
    from station.bay import Bay, Hands, Request
    from station.calibrate import Session
    from station.collect.collection import Collection
    from station.collect.wanted import Wanted
    from station.config import Configuration, Gpio, Serial
    from station.simulation import Bench, BenchTechnician, SimulatedDisk
    from station.study import Plan, StudySession

REPLAY = "replay"  # the name under which pictures are judged that no stage has seen
BENCH = Path(models.__file__).parent / "released" / "bench"
EXPECTED = "1041-A"  # on the bench
BENCH_PARTS = (EXPECTED, "1041-B")  # that its network knows
MASTER = 77  # the specimen on the bench that is golden, or challenge part, while it is calibrated
BENCH_REJECTS = 0.4  # share of the bench's parts: its boxes are muddled on purpose
MASTERS = (  # on the bench
    Master(EXPECTED, Verdict.PASS, "GOLDEN-A"),
    Master("1041-B", Verdict.REJECT, "CHALLENGE-B"),
    Master("1041-B", Verdict.PASS, "GOLDEN-B"),
    Master(EXPECTED, Verdict.REJECT, "CHALLENGE-A"),
)


@contextmanager
def real(configuration: Configuration) -> Iterator[Station]:
    """The station that station.toml tells of; its log is open, its devices are not yet.

    Raises StationError, a sentence, for what is not there: bundle, calibration, data folder.
    """
    from station.config import Simulated

    clock = SystemClock()
    signal = make_signal(configuration, clock)
    with suppress(SignalError):  # a former station may have died with PASS high; the service will say what is wrong
        signal.open()
    table = configuration.order
    bundles = Bundles(configuration.data, configuration.bundle)
    swap = Swap(bundles)
    wish = bundles.wanted()
    bundle = bundles.load(wish, table.part_number or None)
    bundles.keep(bundle, wish)
    verification = make_verification(configuration, clock)
    simulated = configuration.camera if isinstance(configuration.camera, Simulated) else None
    lays = laid(verification, simulated.seed, lambda: station.order.part_number) if simulated else None
    camera = make_camera(configuration, clock, lays)
    limits = configuration.watch
    with opened_log(configuration.data, clock) as log:
        if simulated:
            limits = replace(limits, reject=max(limits.reject, BENCH_REJECTS))
            refuse_real_records(configuration.data)
            calibrate_bench(simulated.seed, configuration.data, bundle.preparation, anew=False)
        else:
            refuse_simulated_records(configuration.data)
        calibrations = configuration.data / "calibration"
        # before the active one is read: what is chosen from now on is another
        recalibrated = Recalibrated(calibrations, _timing(configuration))
        profile = active_profile(configuration.data, camera)
        model = Model.of(bundle, table.part_number, profile)
        note_swap_while_stopped(log, configuration.data, wish, model)
        note_choice_while_stopped(log, configuration.data, profile)
        station = Station(
            name=configuration.name,
            order=Order(table.part_number, table.work_order, table.lot, operator=table.operator),
            clock=clock,
            camera=camera,
            signal=signal,
            log=log,
            model=model,
            verification=verification,
            attempts=Attempts(configuration.trigger.retry_within),
            trigger=Trigger(
                profile,
                configuration.trigger.still_for,
                configuration.trigger.gone_for,
                by_itself="presence" in configuration.trigger.sources,
            ),
            sources=frozenset(TriggerSource(source) for source in configuration.trigger.sources),
            watch=Watch(limits),
            is_simulated=simulated is not None,
        )
        changeover = Changeover(configuration.data, lambda part: masters(configuration, part), table.operator)
        station.between = together(
            swap.look,
            recalibrated.look,
            Acts(configuration.data).look,
            changeover.look,
            Witness(configuration.data).look,
            StageWatch(limits.stage, Trend(calibrations)).look,
            Seal(log).look,
            Keeper(configuration.data, configuration.keeping).look,
            Lookout(configuration.data).look,
        )
        changeover.look(station)  # an order that ran when the station stopped runs on
        with shadowed(station, configuration.shadow.bundle if configuration.shadow else None):
            yield station


def _timing(configuration: Configuration) -> tuple[float, float, bool]:
    table = configuration.trigger
    return table.still_for, table.gone_for, "presence" in table.sources


@contextmanager
def shadowed(station: Station, candidate: Path | None) -> Iterator[None]:
    """The candidate bundle, where one is named, judges beside the station meanwhile; it signals nothing.

    One that cannot be used keeps no line from running: log and screen say so.
    """
    if candidate is None:
        yield
        return
    try:
        expected = station.order.part_number
        shadow = Shadow(Model.of(load_bundle(candidate, expected or None), expected, station.model.profile))
    except Exception as trouble:  # whatever is wrong with it, the station goes on without
        station.log.note("shadow_refused", f"{candidate} does not judge beside {station.model.name}: {trouble}")
        station.screen.notice(f"The shadow bundle is not at work: {trouble}")
        yield
        return
    station.beside = shadow.offer
    station.between = together(*filter(None, [station.between, shadow.record]))
    try:
        yield
    finally:
        with suppress(LogError):
            shadow.close(station)


@dataclass(frozen=True, slots=True)
class Demo:
    """The station on the simulated bench, the bench, for the hand that lays the parts, and the disk of its log."""

    station: Station
    bench: Bench
    disk: SimulatedDisk


@contextmanager
def demo(data: Path, seed: int, accelerated: bool, port: str | None = None, period: float = 1 / 30) -> Iterator[Demo]:
    """The whole station on the simulated bench, calibrated there.

    accelerated  time passes only when somebody waits, instead of as on the wall
    port         a serial port whose far end is told as well as the simulated line
    period       seconds from frame to frame of its camera
    """
    from station.config import Serial
    from station.simulation import Bench, SimulatedCamera, SimulatedClock, SimulatedDisk, SimulatedLine

    clock = SimulatedClock() if accelerated else SystemClock()
    refuse_real_records(data)
    bench = Bench(clock, seed=seed, period=period)
    camera = FreshCamera(SimulatedCamera(bench), Freshness(), clock)
    bundle, bundles = load_bundle(BENCH, EXPECTED), Bundles(data, BENCH)
    with opened_log(data, clock) as log:
        profile = calibrate_bench(seed, data, bundle.preparation)
        lines: list[Signal] = [SimulatedLine(bench)]
        if port is not None:
            lines.append(make_line(Serial(port), SystemClock()))  # a real line knows real time only
        disk = SimulatedDisk(log, LogError(FULL.format(folder=data)))
        station = Station(
            name="simulated bench",
            order=Order(EXPECTED, work_order="demo", operator="demo"),
            clock=clock,
            camera=camera,
            signal=Several(lines),
            log=disk,
            verification=Verified(8 * 3600.0, needed(MASTERS, EXPECTED), clock),
            trigger=Trigger(profile),
            watch=Watch(Limits(reject=BENCH_REJECTS)),
            is_simulated=True,
            model=Model.of(bundle, EXPECTED, profile),
        )
        changeover = Changeover(data, lambda part: needed(MASTERS, part) or UNNAMED, "demo")
        station.between = together(
            Recalibrated(data / "calibration").look,
            Acts(data).look,
            changeover.look,
            Witness(data).look,
            StageWatch(Tolerances(), Trend(data / "calibration")).look,
            Seal(log).look,
            *(() if accelerated else (Swap(bundles).look, Keeper(data, Terms()).look, Lookout(data).look)),
        )
        changeover.look(station)  # an order that ran when the station stopped runs on
        yield Demo(station, bench, disk)


def calibrate_bench(seed: int, data: Path, preparation: Preparation, anew: bool = True) -> Profile:
    """The least that a technician does with the wizard, on a simulated bench of this seed, in no time.

    anew  False: only where there is no calibration yet
    """
    from station.calibrate import quick
    from station.simulation import Bench, SimulatedCamera, SimulatedClock

    profiles = Profiles(data / "calibration")
    former = _active(profiles)
    if former is not None and not former.is_simulated:
        raise ProfileError(f"{data} holds the calibration of a real station; name another data folder.")
    if former is not None and not anew:
        return former
    bench = Bench(SimulatedClock(), seed=seed)
    camera = SimulatedCamera(bench)
    camera.open()
    session = quick(camera, bench.clock, profiles, preparation, by="simulated technician")
    session.answer()
    bench.lay(bench.choose(EXPECTED, at=(0.0, 0.0)))
    session.answer()
    assert session.profile is not None, "the wizard asked for more than the bench gave"
    return session.profile


def bay(configuration: Configuration, station: Station) -> Bay:
    """Where the technician is given the hardware of a station that runs as it is configured."""
    from station.config import Simulated

    hands = None
    if isinstance(configuration.camera, Simulated):
        from station.simulation import OperatedCamera

        camera = station.camera.inner if isinstance(station.camera, FreshCamera) else station.camera
        assert isinstance(camera, OperatedCamera), "make_camera has made it"
        hands = _hands(station, camera.bench)
    return _bay(station, configuration.data, _timing(configuration), hands)


def demo_bay(demo: Demo, data: Path, **more: Any) -> Bay:
    """The same for a demo. `more` is what else the wizard is set up with."""
    return _bay(demo.station, data, (0.15, 0.15, True), _hands(demo.station, demo.bench), **more)


def _bay(
    station: Station, data: Path, timing: tuple[float, float, bool], hands: Callable[[], Hands] | None, **more: Any
) -> Bay:
    from calibration.geometry import Board
    from station.bay import Bay, masters
    from station.calibrate import DRAFT, whole

    folder = data / "calibration"

    def session(wanted: Request) -> Session:
        if wanted.is_anew:
            Draft(folder / DRAFT).forget()
        model, board = station.model, Board() if wanted.has_board else None
        if not station.order.part_number:  # then any part that the bundle knows will do
            model = model.expecting(model.classifier.part_numbers[0])
        return whole(
            station.camera,
            station.clock,
            Profiles(folder),
            model,
            wanted.by,
            former=model.profile,
            folder=folder,
            passed=model.passed,
            **{"board": board, **masters(station), **more},
        )

    return Bay(station, session, lambda: Recalibrated(folder, timing), hands)


def _hands(station: Station, bench: Bench) -> Callable[[], Hands]:
    """A technician at a simulated bench, who lays what is golden or challenge part of the order that runs."""
    from station.simulation import BenchTechnician, lookalike

    def come() -> Hands:
        expected = _on_the_bench(station.order.part_number)
        bench.in_hands = True
        return BenchTechnician(bench, {"golden": (expected, MASTER), "challenge": (lookalike(expected), MASTER)})

    return come


@dataclass(frozen=True, slots=True)
class Replay:
    """The line on pictures, and what truly lies on each where the folder says so: file → part number."""

    station: Station
    actual: Mapping[str, str]


@contextmanager
def replay(source: Path, splits: Sequence[str] | None, bundle: Path, expected: str, data: Path) -> Iterator[Replay]:
    """Log and signal as ever, no stage to calibrate or to verify.

    source  a folder of pictures, by manifest.csv, sub-folders or neither, or a video
    splits  only the pictures of these splits; None for all
    """
    from station.cameras.folder import FolderCamera

    clock = SystemClock()
    pictures = _pictures(source)
    files = [picture.file for picture in pictures if splits is None or picture.split in splits]
    if pictures and not files:
        raise CameraError(f"{source} has no pictures of the split {' or '.join(splits or ())}; leave out --split.")
    loaded = load_bundle(bundle, expected)
    refuse_real_records(data)
    with opened_log(data, clock) as log:
        station = Station(
            name=REPLAY,
            order=Order(expected, work_order="replay"),
            clock=clock,
            camera=FolderCamera(source, clock, files or None),
            signal=Several([]),
            log=log,
            verification=Waived("replay has no stage"),
            model=Model.of(loaded, expected),
        )
        yield Replay(station, {picture.file: picture.part_number for picture in pictures if picture.part_number})


def _pictures(source: Path) -> list[Picture]:
    try:
        return listed(source)
    except DataSetError as mistakes:
        raise CameraError(str(mistakes)) from mistakes


@dataclass(frozen=True, slots=True)
class Calibration:
    """The wizard at work, and, on a simulated bench, the hands that do what it says."""

    session: Session
    hands: BenchTechnician | None = None


@contextmanager
def calibration(
    configuration: Configuration, by: str, region: Region | None, is_quick: bool, anew: bool, board: Board | None
) -> Iterator[Calibration]:
    """The wizard on the camera; the log notes that it began, and what came of it.

    is_quick  the empty stage and one part, and no more
    anew      what was left in the middle is not resumed
    board     None: the geometry is left out
    """
    from station.calibrate import DRAFT, quick, whole
    from station.config import Simulated

    simulated = isinstance(configuration.camera, Simulated)
    clock: Clock = SystemClock()
    bundle = wanted_bundle(configuration)
    folder = configuration.data / "calibration"
    profiles = Profiles(folder)
    with opened_log(configuration.data, SystemClock()) as log:
        hands, lamp = None, None
        if simulated:
            refuse_real_records(configuration.data)
            clock, camera, lamp, hands = _bench_to_calibrate(configuration)
        else:
            camera = make_camera(configuration, clock)
        if anew:
            Draft(folder / DRAFT).forget()
        camera.open()
        try:
            former = _usable(profiles)
            if is_quick:
                session = quick(camera, clock, profiles, bundle.preparation, by, region)
            else:
                model = Model.of(bundle, configuration.order.part_number)
                names = _masters(configuration)
                session = whole(
                    camera, clock, profiles, model, by, region, former, folder, lamp, model.passed, board=board, **names
                )
            resumed = " again, where it was left" if session.is_resumed else ""
            log.note("calibration_begun", f"The line is halted: calibration begins{resumed}", operator=by)
            try:
                yield Calibration(session, hands)
            finally:  # also where the terminal was closed
                _note_calibration(log, session, profiles, by)
        finally:
            camera.close()


def _note_calibration(log: TraceabilityLog, session: Session, profiles: Profiles, by: str) -> None:
    """What came of it."""
    if session.profile is not None:
        record_choice(log, session.profile, profiles.choice() or {})
        return
    left = f"The calibration was left at its step {session.wizard.step}; the former stays active"
    log.note("calibration_left", left, operator=by)


def _bench_to_calibrate(configuration: Configuration) -> tuple[Clock, Camera, Light, BenchTechnician]:
    from station.config import Simulated
    from station.simulation import Bench, BenchTechnician, SimulatedCamera, SimulatedClock, SimulatedLight, lookalike

    assert isinstance(configuration.camera, Simulated)
    clock = SimulatedClock(start=SystemClock().now())
    bench = Bench(clock, seed=configuration.camera.seed)
    expected = configuration.order.part_number
    parts = {"golden": (expected, MASTER), "challenge": (lookalike(expected), MASTER)}
    camera = FreshCamera(SimulatedCamera(bench), Freshness(), clock)
    return clock, camera, SimulatedLight(bench), BenchTechnician(bench, parts)


def _masters(configuration: Configuration) -> dict[str, tuple[str, ...]]:
    """Golden and challenge parts of the order, by the names that the wizard asks for them with."""
    parts = make_verification(configuration, SystemClock()).parts
    return {
        "golden": tuple(str(part) for part in parts if part.verdict is Verdict.PASS),
        "challenge": tuple(str(part) for part in parts if part.verdict is Verdict.REJECT),
    }


def _usable(profiles: Profiles) -> Profile | None:
    """The active calibration; a damaged one is as good as none for who makes a new one."""
    try:
        return profiles.active()
    except DamagedProfile:
        return None


@contextmanager
def collecting(configuration: Configuration, wanted: Wanted, folder: Path, by: str) -> Iterator[Collection]:
    """Labelled pictures from the stage into the data set in `folder`; the log notes who took how many of what.

    A simulated bench lays the part by itself, in no time; under another seed each time, or it would lay the same again.
    """
    from station.collect.collection import Collection
    from station.collect.manifest import Manifest
    from station.config import Simulated
    from station.simulation import SimulatedClock

    is_simulated = isinstance(configuration.camera, Simulated)
    preparation = wanted_bundle(configuration).preparation
    clock = SimulatedClock() if is_simulated else SystemClock()
    with opened_log(configuration.data, SystemClock()) as log:
        if is_simulated:
            refuse_real_records(configuration.data)
        manifest = Manifest(folder, is_simulated)
        if isinstance(configuration.camera, Simulated):
            bench = replace(configuration.camera, seed=configuration.camera.seed + len(manifest.entries))
            configuration = replace(configuration, camera=bench)
            calibrate_bench(bench.seed, configuration.data, preparation)
        camera = make_camera(configuration, clock, lays=repeat(wanted.part_number))
        profile = seen_through(preparation, active_profile(configuration.data, camera))
        trigger = Trigger(profile, configuration.trigger.still_for, configuration.trigger.gone_for)
        collection = Collection(camera, clock, profile, trigger, preparation, manifest, wanted)
        camera.open()
        try:
            lock(camera, profile)
            yield collection
        finally:
            camera.close()
            if collection.kept:
                log.note(
                    "collection",
                    f"{collection.kept} pictures of {wanted.part_number} were collected into {folder.absolute()}",
                    operator=by,
                    part_number=wanted.part_number,
                    pictures=collection.kept,
                    session=wanted.session,
                    is_simulated=is_simulated,
                )


@contextmanager
def studying(configuration: Configuration, plan: Plan, name: str) -> Iterator[StudySession]:
    """An agreement study at the stage; the log notes that it was made. A simulated bench lays the parts by itself."""
    from station.config import Simulated
    from station.study import Kept, StudySession

    simulated = isinstance(configuration.camera, Simulated)
    clock: Clock = SystemClock()
    bundle = wanted_bundle(configuration)
    sessions: list[StudySession] = []
    with opened_log(configuration.data, SystemClock()) as log:
        if isinstance(configuration.camera, Simulated):
            from station.simulation import SimulatedClock

            clock = SimulatedClock()
            refuse_real_records(configuration.data)
            calibrate_bench(configuration.camera.seed, configuration.data, bundle.preparation, anew=False)
        lays = (next(sessions[0].lays()) for _ in repeat(None)) if simulated else None
        camera = make_camera(configuration, clock, lays)
        profile = active_profile(configuration.data, camera)
        model = Model.of(bundle, configuration.order.part_number, profile)
        trigger = Trigger(profile, configuration.trigger.still_for, configuration.trigger.gone_for)
        camera.open()
        try:
            lock(camera, profile)
            session = StudySession(camera, clock, model, trigger, plan, Kept(configuration.data, name), simulated)
            sessions.append(session)
            yield session
        finally:
            camera.close()
        told = f"{len(session.done)} placements of the study {name}, {session.left} are left"
        log.note("study", told, study=name, people=list(plan.people), seed=session.plan.seed, is_simulated=simulated)


def wanted_bundle(configuration: Configuration) -> Bundle:
    """The bundle that the station runs when it is started now. Raises BundleError."""
    bundles = Bundles(configuration.data, configuration.bundle)
    return bundles.load(bundles.wanted(), configuration.order.part_number or None)


def note_swap_while_stopped(log: TraceabilityLog, data: Path, wish: Wish, model: Model) -> None:
    """The log tells every swap, also one that was asked for while no station ran. Raises LogError.

    A wish that was taken up before does not ask for this one: then station.toml names another bundle, and nobody signs.
    """
    with queries.reading(data) as rows:
        former, is_old = queries.model_in_use(rows), queries.was_taken_up(rows, wish.at)
    if former not in (None, model.name):
        record(log, Wish() if is_old else wish, model.name, former)


def active_profile(data: Path, camera: Camera) -> Profile:
    """The active calibration, made with this camera and mode. Raises ProfileError."""
    profile = _active(Profiles(data / "calibration"))
    if profile is None:
        raise ProfileError("The station has never been calibrated; run `station calibrate`.")
    fits(profile, camera.name, camera.size)
    return profile


def refuse_real_records(data: Path) -> None:
    """What is simulated or replayed must not stand among the records of a real station. Raises LogError."""
    if not (data / DATABASE).exists():
        return
    with queries.reading(data) as log:
        if (other := queries.real_station(log, replay=REPLAY)) is not None:
            raise LogError(f"{data} holds the records of {other}, a real station; name another data folder.")


def refuse_simulated_records(data: Path) -> None:
    """Nor the other way round: an order would count parts that never were. Raises LogError."""
    if not (data / DATABASE).exists():
        return
    with queries.reading(data) as log:
        if queries.is_simulated(log, replay=REPLAY):
            raise LogError(f"{data} holds simulated records; name another data folder for a real camera.")


def _active(profiles: Profiles) -> Profile | None:
    try:
        return profiles.active()
    except DamagedProfile as trouble:
        raise ProfileError(str(trouble)) from trouble


@contextmanager
def opened_log(data: Path, clock: Clock) -> Iterator[TraceabilityLog]:
    """The log of a data folder, closed at the end. Raises LogError."""
    log = TraceabilityLog(data, clock)
    try:
        yield log
    finally:
        log.close()


def make_verification(configuration: Configuration, clock: Clock) -> Verified:
    """The gate, with the golden and challenge parts of the order; where none are configured, with unnamed ones."""
    expected = configuration.order.part_number
    hours = configuration.verification.hours
    return Verified(hours * 3600.0, masters(configuration, expected) if expected else (), clock)


def masters(configuration: Configuration, expected: str) -> tuple[Master, ...]:
    """The golden and challenge parts that verify an order. Raises ConfigError where those that are named cannot."""
    table = configuration.verification.part
    parts = needed([Master(part.part_number, Verdict(part.verdict), part.id, part.due) for part in table], expected)
    if table and not parts:
        raise ConfigError(
            [f"station.toml names no golden part {expected}, or no challenge part beside it; add [[verification.part]]"]
        )
    return parts or UNNAMED


def _on_the_bench(part_number: str) -> str:
    return part_number if part_number in BENCH_PARTS else EXPECTED


def ordered_boxes(seed: int, ordered: Callable[[], str]) -> Iterator[str]:
    """What comes out of the boxes of a simulated bench, whichever part number is ordered."""
    from station.simulation import boxes

    rows: dict[str, Iterator[str]] = {}
    while True:
        part = _on_the_bench(ordered())
        yield next(rows.setdefault(part, boxes(seed, part)))


def laid(verification: Verification, seed: int, ordered: Callable[[], str]) -> Iterator[str]:
    """What the hand of a simulated bench lays: what the verification asks for, else the parts of the order's boxes."""
    from station.simulation import PART_NUMBERS, lookalike, willing

    def expected() -> str:
        return _on_the_bench(ordered())

    def asked() -> str | None:
        part = verification.wants
        if part is None:
            return None
        if part.verdict is Verdict.PASS:
            return expected()
        return part.part_number if part.part_number in PART_NUMBERS else lookalike(expected())

    return willing(asked, ordered_boxes(seed, ordered))


def make_camera(configuration: Configuration, clock: Clock, lays: Iterator[str] | None = None) -> Camera:
    """The camera that the configuration names, guarded against old and repeated frames.

    lays  part numbers that a simulated bench lays; None for those of the order's boxes
    """
    from station.config import Pi, Simulated, Usb

    camera: Camera
    match configuration.camera:
        case Usb() as usb:
            from station.cameras.usb import UsbCamera

            camera = UsbCamera(
                usb.device, clock, usb.width, usb.height, usb.fps, usb.exposure, usb.gain, usb.white_balance, usb.focus
            )
        case Pi() as pi:
            from station.cameras.picamera import PiCamera

            camera = PiCamera(clock, pi.index, pi.width, pi.height, pi.fps, pi.exposure_us, pi.gain, pi.lens_position)
        case Simulated() as simulated:
            from station.simulation import Bench, OperatedCamera, boxes

            bench = Bench(clock, seed=simulated.seed)
            camera = OperatedCamera(bench, lays or boxes(simulated.seed, configuration.order.part_number or EXPECTED))
    return FreshCamera(camera, Freshness(), clock)


def make_signal(configuration: Configuration, clock: Clock) -> Signal:
    """All the lines that are told."""
    return Several([make_line(line, clock) for line in configuration.line])


def make_line(line: Gpio | Serial, clock: Clock) -> Signal:
    """One way of telling the line."""
    from station.config import Gpio, Serial

    match line:
        case Gpio():
            from station.signals.gpio import GpioLine

            pins = {name: value for name, value in asdict(line).items() if name != "kind"}
            return GpioLine(**pins, clock=clock)
        case Serial():
            from station.signals.serial import SerialLine

            return SerialLine(line.port, line.baud, line.ack_limit, clock=clock)
