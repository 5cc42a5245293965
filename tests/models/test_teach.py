"""Taught with a pretrained backbone: from a few photographs, whole, and without the training library."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.bundle import HEAD, Bundle, BundleError, save
from models.classifier import ViewsClassifier
from models.dataset import DataSetError, Picture, load
from models.evaluate import figures, judge_all
from models.examples import Examples
from models.head import pack, unpack
from models.known import Small
from models.preprocess import prepare
from models.teach import teach
from models.transfer import learn
from models.trust import Asked
from tests.models.scenes import lay_ring, stage, write_close_set, write_set


def _quiet(what: str, done: int, total: int) -> None:
    assert what
    assert 0 <= done <= total


def _taught(folder: Path, backbone: bytes) -> tuple[str, dict[str, bytes]]:
    data = load(folder)
    return teach(data, data.of("train"), backbone, {"name": "taught"}, _quiet)


@pytest.fixture(scope="module")
def files(rings: Path, pretrained: bytes) -> tuple[str, dict[str, bytes]]:
    return _taught(rings, pretrained)


@pytest.fixture(scope="module")
def bundle(files: tuple[str, dict[str, bytes]]) -> Bundle:
    return Bundle.of(*files)


def test_it_tells_the_parts_apart_and_the_unknown_lies_farther_away(bundle: Bundle, rings: Path) -> None:
    data = load(rings)
    told = figures([*judge_all(bundle, data, data.of("test", "unknown"))], bundle.part_numbers)
    assert told["accuracy"] == 1.0
    assert told["unknown_auroc"] > 0.9


def test_every_picture_was_judged_by_a_head_that_had_not_learnt_its_group(bundle: Bundle) -> None:
    assert bundle.card["held_back"]["pictures"] == 20
    told = bundle.card["held_back_by_group"]
    assert (told["groups"], told["columns"]) == (10, ["pictures", "right", "passed", "escapes"])
    assert {(pictures, right, escapes) for pictures, right, _, escapes in told["rows"].values()} == {(2, 2, 0)}


def test_the_bundle_stands_its_own_self_test_from_disk(files: tuple[str, dict[str, bytes]], tmp_path: Path) -> None:
    save(tmp_path / "b", *files)
    Bundle.load(tmp_path / "b").self_test()


def test_a_head_of_other_part_numbers_or_another_backbone_is_refused(bundle: Bundle, pretrained: bytes) -> None:
    head = unpack(bundle.files[HEAD])
    ViewsClassifier(pretrained, head, bundle.part_numbers)
    with pytest.raises(ValueError, match="the head is for"):
        ViewsClassifier(pretrained, head, ("a", "b", "c"))
    other = replace(head, weights=head.weights[1:])
    with pytest.raises(ValueError, match="the head is for"):
        ViewsClassifier(pretrained, other, bundle.part_numbers)


@pytest.mark.parametrize("kept", [0, 1, 2000])
def test_a_head_that_is_cut_short_does_not_judge(files: tuple[str, dict[str, bytes]], kept: int) -> None:
    card, content = files
    broken = Bundle.of(card, content | {HEAD: content[HEAD][:kept]})
    with pytest.raises(BundleError, match="does not fit its card"):
        broken.classifier()


def test_another_head_does_not_pass_the_self_test(files: tuple[str, dict[str, bytes]]) -> None:
    """The hashes guard the file; the self-test guards against a runtime that computes otherwise."""
    card, content = files
    head = unpack(content[HEAD])
    other = Bundle.of(card, content | {HEAD: pack(replace(head, weights=-head.weights))})
    with pytest.raises(BundleError, match="another answer"):
        other.self_test()


def test_how_a_part_is_turned_by_right_angles_changes_nothing(bundle: Bundle) -> None:
    patch = prepare(lay_ring(stage(160, 120), (80, 60), 24, bore=0.4), bundle.preparation).pixels
    classifier = bundle.classifier()
    scores = [classifier.classify(np.ascontiguousarray(np.rot90(patch, turns))).scores for turns in range(4)]
    assert np.allclose(scores, scores[0], atol=1e-6)


def test_the_same_pictures_give_the_same_bytes(
    files: tuple[str, dict[str, bytes]], rings: Path, pretrained: bytes
) -> None:
    assert _taught(rings, pretrained) == files


def test_three_part_numbers_are_taught_as_two_are(tmp_path: Path, pretrained: bytes) -> None:
    folder = write_set(tmp_path / "three", {"a": 0.2, "b": 0.5, "c": 0.8})
    bundle = Bundle.of(*_taught(folder, pretrained))
    data = load(folder)
    assert figures([*judge_all(bundle, data, data.of("test"))], bundle.part_numbers)["accuracy"] == 1.0


def test_parts_that_fill_the_region_are_judged_by_the_whole_of_it(tmp_path: Path, pretrained: bytes) -> None:
    """No stage is seen around them: nothing can be found and centred, and nothing lies over an edge."""
    folder = write_close_set(tmp_path / "close")
    bundle = Bundle.of(*_taught(folder, pretrained))
    assert bundle.preparation.is_whole
    data = load(folder)
    judged = [*judge_all(bundle, data, data.of("test"))]
    assert all(each.whole for each in judged)
    assert figures(judged, bundle.part_numbers)["accuracy"] == 1.0


def test_pictures_that_show_nothing_are_named_before_anything_is_learnt(tmp_path: Path) -> None:
    folder = write_set(tmp_path / "set", {"a": 0.2, "b": 0.6})
    for index in range(8):
        cv2.imwrite(str(folder / "a" / f"{index:02}.png"), stage(160, 120, seed=index))
    with pytest.raises(DataSetError, match="one whole part: a has 2 training pictures"):
        _taught(folder, b"is not looked at")


def test_a_part_number_that_no_group_can_be_held_back_of_is_named() -> None:
    """Seen whole in one group alone: its distance limit would rest on what was learnt."""
    rng = np.random.default_rng(0)
    groups = [f"{part}{n}" for part in "ab" for n in range(6)]
    pictures = tuple(Picture(group, group[0], group, "train") for group in groups)
    labels = np.repeat([0, 1], 6)
    whole = np.array([group[0] == "b" or group == "a0" for group in groups])
    features = rng.integers(-99, 99, (12, 12, 30)).astype(np.int8)
    examples = Examples(pictures, np.zeros((12, 2, 2), np.uint8), labels, whole)
    with pytest.raises(DataSetError, match="a is seen whole in too few groups"):
        learn(features, examples, ("a", "b"), Asked())


def test_it_needs_no_training_library() -> None:
    check = "import sys, models.teach; sys.exit(bool({'tensorflow', 'keras'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0


def test_every_known_example_keeps_its_own_picture(bundle: Bundle, rings: Path) -> None:
    pictures, classifier = bundle.pictures(), bundle.classifier()
    assert pictures
    for part, rows in bundle.references.items():
        patches = [prepare(load(rings).read(each), bundle.preparation).pixels for each in load(rings).of("train")]
        embeddings = np.stack([classifier.classify(patch).embedding for patch in patches])
        shown = [Small.of(patches[int((embeddings @ row).argmax())]) for row in rows]
        assert pictures[part] == shown
