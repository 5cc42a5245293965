"""A bundle is what was released, or it is refused in one plain sentence."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models import bundle as room
from models.bundle import EXPECTED, KNOWN, Bundle, BundleError, pack, save, unpack

BENCH = Path(room.__file__).parent / "released" / "bench"
FILES = sorted(path.relative_to(BENCH).as_posix() for path in BENCH.rglob("*") if path.is_file())


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BENCH, tmp_path / "copy"))


def test_the_released_bundle_is_whole_and_answers_as_at_its_release() -> None:
    bundle = Bundle.load(BENCH)
    bundle.self_test()
    assert bundle.name == "bench"
    assert bundle.part_numbers == ("1041-A", "1041-B")
    assert (
        set(bundle.references)
        == set(bundle.score_thresholds)
        == set(bundle.distance_limits)
        == set(bundle.part_numbers)
    )


def test_the_released_bundle_is_small() -> None:
    sizes = {name: (BENCH / name).stat().st_size for name in FILES}
    assert sizes.pop(KNOWN) < 0.5e6, "pictures for people, about a kilobyte each"
    assert sum(sizes.values()) < 2.5e6


def test_known_examples_have_length_one() -> None:
    for known in Bundle.load(BENCH).references.values():
        assert known.dtype == np.float32
        assert np.linalg.norm(known, axis=1) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize("name", [name for name in FILES if name != "card.toml"])
def test_one_changed_bit_of_any_file_is_refused(copy: Path, name: str) -> None:
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / name).write_bytes(content)
    with pytest.raises(BundleError, match="is not the file that was released"):
        Bundle.load(copy)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_refused(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(BundleError, match="is not a whole bundle"):
        Bundle.load(copy)


@pytest.mark.parametrize("card", [b"", b"\xff\xfe", b"name = 3", b"= nonsense", b'name = "x"\nfiles = 4'])
def test_a_card_that_is_none_is_refused(copy: Path, card: bytes) -> None:
    (copy / "card.toml").write_bytes(card)
    with pytest.raises(BundleError, match=r"card\.toml is not a bundle's card"):
        Bundle.load(copy)


def test_a_card_that_names_a_file_outside_its_folder_is_refused(copy: Path) -> None:
    outside = copy.parent / "outside.txt"
    outside.write_bytes(b"here I am")
    sha256 = hashlib.sha256(outside.read_bytes()).hexdigest()
    card = (copy / "card.toml").read_text()
    (copy / "card.toml").write_text(card.replace("[files]", f'[files]\n"../outside.txt" = "{sha256}"'))
    with pytest.raises(BundleError, match="outside its own folder"):
        Bundle.load(copy)


def test_another_card_has_another_name(copy: Path) -> None:
    card = (copy / "card.toml").read_text()
    (copy / "card.toml").write_text(card.replace("seed = 0", "seed = 1"))
    assert Bundle.load(copy).sha256 != Bundle.load(BENCH).sha256


def test_a_network_for_other_part_numbers_is_refused(copy: Path) -> None:
    card = (copy / "card.toml").read_text()
    card = card.replace('["1041-A", "1041-B"]', '["1041-A", "1041-B", "x"]')
    for table in ("score_thresholds", "distance_limits"):
        card = card.replace(f"[{table}]", f"[{table}]\nx = 0.9")
    table = card[card.index("[bounds.1041-A]") : card.index("[bounds.1041-B]")]
    card = card.replace(table, table + table.replace("1041-A", "x"))
    (copy / "card.toml").write_text(card)
    with pytest.raises(BundleError, match="for 3 part numbers"):
        Bundle.load(copy).classifier()


def test_a_network_that_answers_otherwise_fails_its_self_test() -> None:
    released = Bundle.load(BENCH)
    pictures = [name for name in released.files if name.endswith(".png")]
    swapped = {**released.files, pictures[0]: released.files[pictures[-1]]}
    bundle = Bundle.of((BENCH / "card.toml").read_text(), swapped)
    with pytest.raises(BundleError, match="gives another answer"):
        bundle.self_test()


def _tested(expected: Any) -> Bundle:
    """The bench's bundle with another table of self-tests."""
    released = Bundle.load(BENCH)
    files = {**released.files, EXPECTED: json.dumps(expected).encode()}
    return Bundle.of((BENCH / "card.toml").read_text(), files)


def test_every_part_number_has_self_test_pictures_of_its_own() -> None:
    expected = json.loads(Bundle.load(BENCH).files[EXPECTED])
    assert [*expected] == ["1041-A", "1041-B"]
    names = [name for tests in expected.values() for name in tests]
    assert sorted(names) == [name for name in FILES if name.endswith(".png")]
    assert all(len(tests) == 4 for tests in expected.values())


def test_without_self_test_pictures_of_every_part_number_nothing_is_judged() -> None:
    expected = json.loads(Bundle.load(BENCH).files[EXPECTED])
    for table, untested in (
        ({}, "1041-A, 1041-B"),
        ({"1041-A": {}, "1041-B": {}}, "1041-A, 1041-B"),
        ({"1041-B": expected["1041-B"]}, "1041-A"),
        ({**expected, "1041-B": {}}, "1041-B"),
    ):
        with pytest.raises(BundleError, match=f"has no self-test picture of {untested};"):
            _tested(table).self_test()


@pytest.mark.parametrize("table", [[], 3, None, {"1041-A": 3, "1041-B": 4}, {"1041-A": ["x"], "1041-B": ["x"]}])
def test_a_table_of_self_tests_that_is_none_is_refused_in_words(table: Any) -> None:
    with pytest.raises(BundleError, match="self-test of bundle bench cannot be made"):
        _tested(table).self_test()


@pytest.mark.parametrize("answer", [[], "x", [1, 2], None])
def test_an_answer_that_is_none_is_refused_in_words(answer: Any) -> None:
    expected = json.loads(Bundle.load(BENCH).files[EXPECTED])
    (name, *_) = expected["1041-B"]
    with pytest.raises(BundleError, match="self-test of bundle bench cannot be made"):
        _tested({**expected, "1041-B": {name: answer}}).self_test()


def test_an_answer_that_is_no_number_does_not_pass() -> None:
    expected = json.loads(Bundle.load(BENCH).files[EXPECTED])
    (name, *_), nan = expected["1041-B"], float("nan")
    answer = [nan] * len(expected["1041-B"][name])
    with pytest.raises(BundleError, match="gives another answer"):
        _tested({**expected, "1041-B": {name: answer}}).self_test()


@pytest.mark.parametrize("picture", [b"", b"no picture"])
def test_a_self_test_picture_that_is_none_is_refused_in_words(picture: bytes) -> None:
    released = Bundle.load(BENCH)
    (name, *_) = [name for name in released.files if name.endswith(".png")]
    bundle = Bundle.of((BENCH / "card.toml").read_text(), {**released.files, name: picture})
    with pytest.raises(BundleError, match="self-test of bundle bench cannot be made"):
        bundle.self_test()


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    released = Bundle.load(BENCH)
    save(tmp_path / "new" / "bundle", (BENCH / "card.toml").read_text(), released.files)
    assert Bundle.load(tmp_path / "new" / "bundle").sha256 == released.sha256


def test_a_save_that_fails_leaves_the_old_bundle_and_nothing_else(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    released = Bundle.load(copy)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        save(copy, "other", dict(released.files))
    assert Bundle.load(copy).sha256 == released.sha256
    assert [path.name for path in copy.parent.iterdir()] == ["copy"]


def test_a_folder_that_is_no_bundle_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="is no bundle"):
        save(tmp_path, "card", {})
    assert (tmp_path / "precious.txt").read_text() == "mine"


def test_known_examples_survive_their_file_whatever_the_part_number() -> None:
    references = {"a/b": np.eye(3, dtype=np.float32), "file": np.ones((2, 3), np.float32)}
    unpacked = unpack(pack(references), ("a/b", "file"))
    assert all(np.array_equal(unpacked[part], known) for part, known in references.items())
