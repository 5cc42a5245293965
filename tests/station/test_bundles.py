"""A bundle is staged whole or not at all, and one of them is wanted, whatever happens on the way."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.bundle import CARD, EXPECTED, Bundle
from station.assembly import BENCH
from station.bundles import Bundles, load_bundle
from station.errors import BundleError
from station.wishes import NOTE, Wish
from tests.station.factories import AT
from tests.station.releases import release, spoil


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("releases")
    return [release(folder, name) for name in ("first", "second", "third")]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_is_used_is_copied_whole_and_wanted(tmp_path: Path, releases: list[Path]) -> None:
    bundles, sha256 = Bundles(tmp_path), Bundle.load(releases[0]).sha256
    wish = bundles.use(releases[0], "Eva", AT)
    assert wish == bundles.wanted() == Wish(f"first-{sha256[:12]}", sha256, "Eva", "2026-01-05T06:07:08.123456Z", "use")
    assert contents(tmp_path / "models" / wish.bundle) == contents(releases[0])
    assert bundles.load(wish).sha256 == sha256


def test_the_same_bundle_is_staged_once_and_wanted_anew(tmp_path: Path, releases: list[Path]) -> None:
    bundles = Bundles(tmp_path)
    staged = [bundles.place(bundles.use(releases[0], by, AT)) for by in ("Eva", "Tan")]
    assert staged[0] == staged[1]
    assert [wish.by for wish in bundles.wishes.read()] == ["", "Tan"]


def test_a_staged_bundle_can_be_named_itself(tmp_path: Path, releases: list[Path]) -> None:
    bundles = Bundles(tmp_path)
    first = bundles.use(releases[0], "Eva", AT)
    bundles.use(releases[1], "Eva", AT)
    assert bundles.use(tmp_path / "models" / first.bundle, "Eva", AT) == first


def _kept(place: Path, release: Path) -> tuple[Path, Bundles, Bundle]:
    """The folder that station.toml names, and its bundle, staged for records to come."""
    configured = shutil.copytree(release, place / "configured")
    bundles = Bundles(place / "data", configured)
    bundle = bundles.load(bundles.wanted())
    bundles.keep(bundle, bundles.wanted())
    return configured, bundles, bundle


def test_what_station_toml_names_is_kept_so_that_its_records_can_be_judged_again(
    tmp_path: Path, releases: list[Path]
) -> None:
    configured, bundles, bundle = _kept(tmp_path, releases[0])
    shutil.rmtree(configured)
    shutil.copytree(releases[1], configured)
    assert bundles.named(f"{bundle.name} sha256:{bundle.sha256}").sha256 == bundle.sha256
    assert bundles.wanted() == Wish(), "keeping is no wish"


def test_where_the_staged_copy_is_damaged_records_are_judged_again_by_a_whole_one_elsewhere(
    tmp_path: Path, releases: list[Path]
) -> None:
    configured, bundles, bundle = _kept(tmp_path, releases[0])
    spoil(next((tmp_path / "data/models").glob("*/model.tflite")))
    assert bundles.named(f"{bundle.name} sha256:{bundle.sha256}").sha256 == bundle.sha256
    spoil(configured / "model.tflite")
    with pytest.raises(BundleError, match="The bundle of this record is damaged"):
        bundles.named(f"{bundle.name} sha256:{bundle.sha256}")


def test_a_damaged_copy_is_mended_by_staging_it_again(tmp_path: Path, releases: list[Path]) -> None:
    bundles = Bundles(tmp_path)
    place = bundles.place(bundles.use(releases[0], "Eva", AT))
    assert place
    spoil(place / "model.tflite")
    bundles.use(releases[0], "Eva", AT)
    assert contents(place) == contents(releases[0])


@pytest.mark.parametrize("name", ["../../out", "/tmp/x", ".hidden", "a/b", "", "ü" * 300])
def test_whatever_a_bundle_calls_itself_it_is_staged_among_the_others(tmp_path: Path, name: str) -> None:
    odd = release(tmp_path, "odd")
    (odd / CARD).write_text((odd / CARD).read_text().replace('name = "odd"', f"name = {json.dumps(name)}"))
    place = Bundles(tmp_path / "data").place(Bundles(tmp_path / "data").use(odd, "Eva", AT))
    assert place
    assert place.parent == tmp_path / "data" / "models"
    assert [kept.place for kept in Bundles(tmp_path / "data").all()] == [place]


CAREFUL = settings(deadline=None, max_examples=15)


@CAREFUL
@given(file=st.sampled_from(sorted(contents(BENCH))), where=st.floats(0, 1, exclude_max=True))
def test_a_bundle_with_any_bit_turned_over_is_neither_staged_nor_wanted(file: str, where: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        bundles, damaged = Bundles(Path(folder)), release(Path(folder), "damaged")
        former = bundles.use(BENCH, "Eva", AT)
        spoil(damaged / file, int(where * (damaged / file).stat().st_size))
        before = contents(Path(folder) / "models")
        try:
            wish = bundles.use(damaged, "Eva", AT)
        except BundleError:
            assert contents(Path(folder) / "models") == before
            assert bundles.wanted() == former
        else:  # the card itself may be turned into another whole one
            assert file == CARD
            assert bundles.load(wish).sha256 == wish.sha256 != Bundle.load(BENCH).sha256


@CAREFUL
@given(file=st.sampled_from(sorted(contents(BENCH))), where=st.floats(0, 1, exclude_max=True))
def test_a_staged_bundle_with_any_bit_turned_over_is_never_loaded(file: str, where: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        bundles = Bundles(Path(folder))
        wish = bundles.use(BENCH, "Eva", AT)
        path = Path(folder) / "models" / wish.bundle / file
        spoil(path, int(where * path.stat().st_size))
        with pytest.raises(BundleError, match="station model rollback"):
            bundles.load(wish)


def test_a_whole_bundle_in_the_place_of_the_staged_one_is_not_the_wanted_one(
    tmp_path: Path, releases: list[Path]
) -> None:
    bundles = Bundles(tmp_path)
    wish = bundles.use(releases[0], "Eva", AT)
    place = tmp_path / "models" / wish.bundle
    shutil.rmtree(place)
    shutil.copytree(releases[1], place)
    with pytest.raises(BundleError, match="not the one that was staged"):
        bundles.load(wish)


def test_a_bundle_that_answers_otherwise_than_at_its_release_is_refused(tmp_path: Path) -> None:
    told = json.loads(Bundle.load(BENCH).files[EXPECTED])
    other = {part: {name: [step ^ 64 for step in steps] for name, steps in own.items()} for part, own in told.items()}
    wrong = release(tmp_path, "wrong", files={EXPECTED: json.dumps(other).encode()})
    with pytest.raises(BundleError, match="another answer"):
        Bundles(tmp_path).use(wrong, "Eva", AT)


@pytest.mark.parametrize(
    "table",
    [{}, {"1041-A": {}, "1041-B": {}}, {"1041-A": {"selftest/none.png": [1, 2]}}, {"selftest/00.png": [1, 2]}, [], 7],
)
def test_a_bundle_without_self_test_pictures_of_every_part_number_is_not_put_in_use(
    tmp_path: Path, table: object
) -> None:
    untested = release(tmp_path, "untested", files={EXPECTED: json.dumps(table).encode()})
    with pytest.raises(BundleError, match="self-test"):
        load_bundle(untested)
    bundles = Bundles(tmp_path / "data")
    with pytest.raises(BundleError, match="self-test"):
        bundles.use(untested, "Eva", AT)
    assert bundles.wanted() == Wish()


def test_a_part_number_that_alone_has_no_self_test_picture_is_named(tmp_path: Path) -> None:
    told = json.loads(Bundle.load(BENCH).files[EXPECTED])
    with pytest.raises(BundleError, match="no self-test picture of 1041-B"):
        load_bundle(release(tmp_path, "half", files={EXPECTED: json.dumps({**told, "1041-B": {}}).encode()}))


def test_a_bundle_that_does_not_know_the_part_number_is_refused(tmp_path: Path, releases: list[Path]) -> None:
    with pytest.raises(BundleError, match="1041-A, 1041-B, not 4711"):
        Bundles(tmp_path).use(releases[0], "Eva", AT, expected="4711")
    assert Bundles(tmp_path).wanted() == Wish()


def test_a_bundle_cannot_write_outside_its_folder(tmp_path: Path) -> None:
    hostile = release(tmp_path, "hostile", files={"../outside.txt": b"here I am"})
    with pytest.raises(BundleError, match="outside"):
        Bundles(tmp_path / "data").use(hostile, "Eva", AT)
    assert not list((tmp_path / "data").rglob("outside.txt"))


def test_where_nothing_can_be_written_it_is_said_plainly(tmp_path: Path, releases: list[Path]) -> None:
    (tmp_path / "models").write_text("a file stands where the folder should be")
    with pytest.raises(BundleError, match="Nothing can be staged"):
        Bundles(tmp_path).use(releases[0], "Eva", AT)


def test_a_note_that_cannot_be_read_is_mended_by_a_new_wish(tmp_path: Path, releases: list[Path]) -> None:
    bundles = Bundles(tmp_path)
    bundles.use(releases[0], "Eva", AT)
    (tmp_path / "models" / NOTE).write_bytes(b"")
    with pytest.raises(BundleError, match="station model use"):
        bundles.rollback("Eva", AT)
    assert bundles.use(releases[0], "Eva", AT) == bundles.wanted()


def test_a_damaged_former_bundle_is_not_wanted_again(tmp_path: Path, releases: list[Path]) -> None:
    bundles = Bundles(tmp_path)
    first, second = (bundles.use(folder, "Eva", AT) for folder in releases[:2])
    spoil(tmp_path / "models" / first.bundle / "model.tflite")
    with pytest.raises(BundleError, match="station model use"):
        bundles.rollback("Eva", AT)
    assert bundles.wanted() == second


@settings(deadline=None, max_examples=10)
@given(acts=st.lists(st.sampled_from([0, 1, 2, "rollback"]), max_size=8))
def test_rollback_goes_back_step_by_step_to_what_station_toml_names(
    releases: list[Path], acts: list[int | str]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        bundles, stack = Bundles(Path(folder), configured=BENCH), [BENCH]
        for act in acts:
            if isinstance(act, int):
                bundles.use(releases[act], "Eva", AT)
                stack += [releases[act]] if stack[-1] != releases[act] else []
            elif len(stack) > 1:
                stack.pop()
                assert bundles.rollback("Tan", AT).by == "Tan"
            else:
                with pytest.raises(BundleError, match="before"):
                    bundles.rollback("Tan", AT)
            assert bundles.load(bundles.wanted()).sha256 == Bundle.load(stack[-1]).sha256


def test_of_several_who_ask_at_once_no_wish_is_lost(tmp_path: Path, releases: list[Path]) -> None:
    with ThreadPoolExecutor(3) as people:
        list(people.map(lambda folder: Bundles(tmp_path).use(folder, folder.name, AT), releases))
    assert {wish.by for wish in Bundles(tmp_path).wishes.read()} == {"", "first", "second", "third"}


def test_killed_at_any_moment_the_old_or_the_new_one_is_wanted_and_both_are_whole(
    tmp_path: Path, releases: list[Path]
) -> None:
    """A `use` is killed at its first step that a file sees, then at its second, … until one is finished."""
    command = [sys.executable, "-m", "tests.station.killed_use", str(tmp_path), *map(str, releases[:2])]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["kills"] > 30
    assert told["wanted"] == ["first"] * told["wanted"].count("first") + ["second"] * told["wanted"].count("second")
    assert set(told["wanted"]) == {"first", "second"}
    assert told["left"] == []
