"""Another bundle is taken up between two placements, whole or not at all, and everything is recorded and shown."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.measure import sharpness
from models.bundle import EXPECTED as SELF_TEST
from models.bundle import REFERENCES, Bundle, pack
from models.preprocess import prepare
from models.trust import distance
from station import service
from station.assembly import BENCH
from station.bundles import Bundles, load_bundle, name_of
from station.errors import BundleError, LogError
from station.log import queries
from station.log.archive import Archive
from station.log.record import Row
from station.loop import run
from station.model import Model
from station.recipe import Evidence, decide
from station.swap import Swap
from station.types import Gray, Inspection, Reason, Verdict
from station.verification import Verified
from station.wishes import NOTE, Wish
from tests.promises.stations import EXPECTED, OnTheBench
from tests.station.factories import AT
from tests.station.releases import release, spoil

LOOKALIKE = "1041-B"
PATIENCE = 5.0  # seconds of the bench's time within which a part is judged, and the stage seen empty again
SMALL: dict[str, Any] = {
    "preparation": {"window": 104, "size": 224},
    "distance_limits": {EXPECTED: 1.0, LOOKALIKE: 1.0},
}


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Three bundles that differ in all that a verdict is made with; the last takes the two parts for each other."""
    folder, known = tmp_path_factory.mktemp("releases"), Bundle.load(BENCH).references
    fewer = pack({part: examples[::2] for part, examples in known.items()})
    strict: dict[str, Any] = {"score_thresholds": {EXPECTED: 0.8, LOOKALIKE: 0.8}}
    return {
        "first": release(folder, "first", **SMALL),
        "second": release(
            folder, "second", {REFERENCES: fewer}, **SMALL | strict | {"preparation": {"window": 100, "size": 224}}
        ),
        "exchanged": release(folder, "exchanged", **SMALL, part_numbers=[LOOKALIKE, EXPECTED]),
    }


class Rig(OnTheBench):
    """A station that has to be verified, the first bundle in use; and a hand at its stage."""

    def __init__(self, folder: Path, first: Path) -> None:
        super().__init__(folder)
        self.bundles = Bundles(folder, configured=first)
        self.station.model = Model.of(load_bundle(first), EXPECTED, self.station.model.profile)
        self.station.verification = Verified(3600.0)
        self.station.between = Swap(self.bundles).look
        service.start(self.station)
        self.look_until(self.is_clear)

    def look_until(self, done: Callable[[], bool]) -> None:
        latest = self.clock.monotonic() + PATIENCE
        run(self.station, lambda: done() or self.clock.monotonic() > latest)
        assert done(), "the station did not do it in time"

    def look(self, seconds: float) -> None:
        until = self.clock.monotonic() + seconds
        run(self.station, lambda: self.clock.monotonic() > until)

    def is_clear(self) -> bool:
        assert self.station.trigger
        return self.bench.at_rest and self.station.trigger.is_armed

    def lay(self, part_number: str) -> Inspection:
        """Lay a part and let it be judged; it stays there."""
        before = self.station.screen.view.inspection
        self.bench.place(part_number)
        self.look_until(lambda: self.station.screen.view.inspection is not before)
        assert self.station.screen.view.inspection
        return self.station.screen.view.inspection

    def take(self) -> None:
        self.bench.remove()
        self.look_until(self.is_clear)

    def inspect(self, part_number: str) -> Inspection:
        inspection = self.lay(part_number)
        self.take()
        return inspection

    def verify(self) -> None:
        """Golden and challenge part; the next expected part passes."""
        self.inspect(EXPECTED)
        self.inspect(LOOKALIKE)
        assert self.station.verification.asks == ""

    def events(self, kind: str) -> list[Row]:
        with queries.reading(self.folder) as log:
            return [row for row in reversed(queries.events(log, limit=1000)) if row["kind"] == kind]

    def use(self, release: Path, by: str = "Eva") -> Wish:
        return self.bundles.use(release, by, AT)


@pytest.fixture
def rig(tmp_path: Path, releases: dict[str, Path]) -> Iterator[Rig]:
    rig = Rig(tmp_path, releases["first"])
    yield rig
    rig.close()


def name(release: Path) -> str:
    return name_of(Bundle.load(release))


def test_a_wanted_bundle_is_taken_up_without_a_restart_and_the_records_name_it(
    rig: Rig, releases: dict[str, Path]
) -> None:
    before = rig.inspect(EXPECTED)
    rig.use(releases["second"])
    rig.look(0.5)
    after = rig.inspect(EXPECTED)
    assert [before.model, after.model] == [name(releases["first"]), name(releases["second"])]
    assert len(rig.events("start")) == 1


def test_the_log_tells_what_took_the_place_of_what_and_who_asked(rig: Rig, releases: dict[str, Path]) -> None:
    rig.use(releases["second"], by="Eva")
    rig.look(0.5)
    rig.bundles.rollback("Tan", AT)
    rig.look(0.5)
    first, second = name(releases["first"]), name(releases["second"])
    told = [
        (row["operator"], row["details"]["act"], row["details"]["former"], row["details"]["model"])
        for row in rig.events("model_swap")
    ]
    assert told == [("Eva", "use", first, second), ("Tan", "rollback", second, first)]


def test_who_puts_another_bundle_in_use_asks_a_station_anew_that_had_failed(
    rig: Rig, releases: dict[str, Path]
) -> None:
    rig.inspect(LOOKALIKE)
    assert "has failed" in rig.station.verification.asks
    rig.use(releases["second"], by="Eva")
    rig.look(0.5)
    assert rig.station.screen.view.message == "Another bundle is in use. Lay the golden part on the stage."
    assert rig.events("verification")[-1]["operator"] == "Eva"


def test_after_a_swap_a_verified_station_is_verified_no_more(rig: Rig, releases: dict[str, Path]) -> None:
    rig.verify()
    assert rig.inspect(EXPECTED).verdict is Verdict.PASS
    rig.use(releases["second"])
    rig.look(0.5)
    assert rig.station.screen.view.message == "Another bundle is in use. Lay the golden part on the stage."
    golden = rig.lay(EXPECTED)
    assert (golden.reason, golden.verification) == (Reason.NOT_VERIFIED, "not verified")
    assert not rig.line.asserts_pass
    rig.take()
    assert rig.inspect(LOOKALIKE).reason is Reason.WRONG_PART
    assert rig.inspect(EXPECTED).verdict is Verdict.PASS


def test_a_bundle_that_takes_the_parts_for_each_other_does_not_get_past_the_golden_part(
    rig: Rig, releases: dict[str, Path]
) -> None:
    rig.verify()
    rig.use(releases["exchanged"])
    rig.look(0.5)
    for part_number in (EXPECTED, LOOKALIKE, EXPECTED, LOOKALIKE):
        assert rig.inspect(part_number).verdict is not Verdict.PASS
    assert rig.station.verification.asks.startswith("Verification has failed")


def test_as_long_as_a_part_lies_there_nothing_is_swapped_and_its_pass_stands(
    rig: Rig, releases: dict[str, Path]
) -> None:
    rig.verify()
    assert rig.lay(EXPECTED).verdict is Verdict.PASS
    rig.use(releases["second"])
    rig.look(2.0)
    assert rig.line.asserts_pass
    assert rig.station.model.name == name(releases["first"])
    rig.take()
    assert not rig.line.asserts_pass
    assert rig.station.model.name == name(releases["second"])


def test_focus_is_held_against_the_calibration_as_the_new_patch_shows_it(rig: Rig, releases: dict[str, Path]) -> None:
    former = rig.station.model.profile
    rig.use(releases["second"])
    rig.look(0.5)
    assert former
    assert rig.station.model.profile
    assert rig.station.model.profile.name == former.name
    assert rig.station.model.profile.sharpness != former.sharpness
    assert rig.inspect(EXPECTED).measures["sharpness"] == pytest.approx(1.0, abs=0.2)


def is_refused(rig: Rig, wish: str) -> str:
    """Whether the station goes on with the first bundle, verified as it was; why, as it tells log and screen."""
    rig.look(1.0)
    (event,) = rig.events("model_refused")
    assert rig.station.model.name == event["details"]["model"] == name_of(rig.bundles.load(Wish()))
    assert event["details"]["refused"] == wish
    assert event["message"] == rig.station.screen.view.notice
    assert rig.inspect(EXPECTED).verdict is Verdict.PASS
    assert rig.events("model_swap") == []
    return str(event["message"])


@pytest.mark.parametrize("file", ["card.toml", "model.tflite", REFERENCES, SELF_TEST])
def test_a_bundle_that_was_damaged_since_it_was_staged_never_judges(
    rig: Rig, releases: dict[str, Path], file: str
) -> None:
    rig.verify()
    rig.lay(EXPECTED)
    wish = rig.use(releases["second"])
    spoil(rig.folder / "models" / wish.bundle / file)
    rig.take()
    assert "station model rollback" in is_refused(rig, wish.bundle)


def test_a_bundle_that_answers_otherwise_here_than_at_its_release_never_judges(rig: Rig) -> None:
    """Its hashes are right, as they are on another machine whose processor gives another answer."""
    rig.verify()
    told = json.loads(Bundle.load(BENCH).files[SELF_TEST])
    other = {part: {name: [step ^ 64 for step in steps] for name, steps in own.items()} for part, own in told.items()}
    place = release(rig.folder / "models", "elsewhere", {SELF_TEST: json.dumps(other).encode()})
    rig.bundles.wishes.write([Wish(), Wish("elsewhere", Bundle.load(place).sha256, "Eva", "", "use")])
    assert "another answer" in is_refused(rig, "elsewhere")


def test_a_bundle_that_does_not_know_the_expected_part_never_judges(rig: Rig) -> None:
    rig.verify()
    part = "4711"
    renamed: dict[str, Any] = {"part_numbers": [part, LOOKALIKE]}
    renamed |= {table: {part: 0.8, LOOKALIKE: 0.8} for table in ("score_thresholds", "distance_limits")}
    bench = Bundle.load(BENCH)
    renamed["bounds"] = dict.fromkeys((part, LOOKALIKE), bench.card["bounds"][EXPECTED])
    told = json.loads(bench.files[SELF_TEST])
    tests = {SELF_TEST: json.dumps({part: told[EXPECTED], LOOKALIKE: told[LOOKALIKE]}).encode()}
    wish = rig.use(release(rig.folder, "others", tests, **renamed))
    assert f"not {EXPECTED}" in is_refused(rig, wish.bundle)


def test_a_note_that_cannot_be_read_changes_nothing(rig: Rig) -> None:
    rig.verify()
    (rig.folder / "models").mkdir()
    (rig.folder / "models" / NOTE).write_bytes(b"[")
    assert "station model use" in is_refused(rig, "")


def test_a_note_that_vanished_is_nobodys_wish(rig: Rig, releases: dict[str, Path]) -> None:
    rig.use(releases["second"])
    rig.look(0.5)
    (rig.folder / "models" / NOTE).unlink()
    rig.look(0.5)
    assert rig.station.model.name == name(releases["second"])


def test_the_notice_of_a_refusal_goes_with_the_next_good_wish(rig: Rig, releases: dict[str, Path]) -> None:
    wish = rig.use(releases["second"])
    spoil(rig.folder / "models" / wish.bundle / "model.tflite")
    rig.look(0.5)
    assert rig.station.screen.view.notice
    rig.bundles.rollback("Eva", AT)
    rig.look(0.5)
    assert rig.station.screen.view.notice == ""


def test_the_bundle_that_is_in_use_already_leaves_the_station_verified(rig: Rig, releases: dict[str, Path]) -> None:
    rig.verify()
    rig.use(releases["first"])
    rig.look(0.5)
    assert rig.inspect(EXPECTED).verdict is Verdict.PASS
    assert rig.events("model_swap") == []


def test_a_swap_that_cannot_be_recorded_does_not_happen_before_it_can(rig: Rig, releases: dict[str, Path]) -> None:
    rig.verify()
    rig.log.is_full = True
    rig.use(releases["second"])
    with pytest.raises(LogError):
        rig.look(0.5)
    assert rig.station.model.name == name(releases["first"])
    assert rig.station.verification.asks == ""
    rig.log.is_full = False
    rig.look(0.5)
    assert rig.station.model.name == name(releases["second"])
    assert len(rig.events("model_swap")) == 1


ACTS = st.one_of(
    st.sampled_from([EXPECTED, EXPECTED, LOOKALIKE]),
    st.tuples(st.sampled_from(["first", "second", "exchanged", "damaged", "rollback"]), st.integers(0, 40)),
)


@settings(deadline=None, max_examples=12)
@given(acts=st.lists(ACTS, min_size=2, max_size=8))
def test_every_verdict_was_made_with_all_of_the_model_that_its_record_names(
    releases: dict[str, Path], acts: list[str | tuple[str, int]]
) -> None:
    """Parts are laid and bundles wanted in any order, also while a part is coming, lies or goes."""
    with tempfile.TemporaryDirectory() as folder:
        rig = Rig(Path(folder), releases["first"])
        laid = [part for act in acts if (part := happen(rig, releases, act))]
        profile = rig.station.model.profile
        assert profile
        known = {name(place): Model.of(load_bundle(place), EXPECTED, profile) for place in releases.values()}
        with queries.reading(rig.folder) as log:
            rows = queries.search(log, queries.Search(), limit=1000)
        rig.close()
        assert len(rows) == len(laid), "a placement was lost"
        for row in rows:
            judged_again(row, known[row["model"]], *pictures(rig.folder, row))
        in_use = name(releases["first"])
        for row in sorted(rig.events("model_swap") + rows, key=lambda row: int(row["sequence"])):
            in_use = row["details"]["model"] if "details" in row else in_use
            assert row.get("model", in_use) == in_use, "a record names another model than the one in use"


def happen(rig: Rig, releases: dict[str, Path], act: str | tuple[str, int]) -> str | None:
    """Lay a part and take it away; or want a bundle, so many frames after the hand began to lay one."""
    if isinstance(act, str):
        rig.inspect(act)
        return act
    wanted, frames = act
    rig.bench.place(EXPECTED)
    rig.look(frames * rig.bench.period)
    if wanted == "rollback":
        with suppress(BundleError):  # there is none before it, or that one is damaged
            rig.bundles.rollback("Tan", AT)
    else:
        wish = rig.use(releases.get(wanted, releases["second"]))
        if wanted == "damaged":
            spoil(rig.folder / "models" / wish.bundle / "model.tflite")
    rig.look(2.0)
    rig.take()
    return EXPECTED


def pictures(folder: Path, row: Row) -> list[Gray]:
    """Patch and frame, as they were archived."""
    paths = [Archive(folder).path_of(row[column]) for column in ("image_sha256", "frame_sha256")]
    return [np.asarray(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE), np.uint8) for path in paths]


def judged_again(row: Row, model: Model, patch: Gray, frame: Gray) -> None:
    """The archived pictures and the model that the record names give every number and the verdict of the record."""
    assert (prepare(frame, model.preparation).pixels == patch).all()
    prediction, measures = model.classifier.classify(patch), row["measures"]
    scores = dict(zip(model.classifier.part_numbers, map(float, prediction.scores), strict=True))
    distances = {part: distance(prediction.embedding, known) for part, known in model.references.items()}
    assert {part: measures[f"score {part}"] for part in scores} == scores
    assert {part: measures[f"distance {part}"] for part in distances} == distances
    assert row["recipe"] == model.recipe.name
    assert model.profile
    assert measures["sharpness"] == sharpness(patch) / model.profile.sharpness
    evidence = Evidence(
        parts=int(measures["parts"]),
        touches_edge=bool(measures["touches_edge"]),
        moved=bool(measures["moved"]),
        scores=scores,
        distances=distances,
        verified=row["verification"].startswith("golden"),
        **{gate: measures[gate] for gate in ("light", "sharpness", "clipped", "covered")},
    )
    decision = decide(model.recipe, evidence)
    assert (row["verdict"], row["reason"]) == (decision.verdict.value, decision.reason.value)
