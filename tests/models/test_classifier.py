"""The interpreter, on the released network."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import bundle as room
from models.bundle import Bundle
from models.classifier import Classifier

BENCH = Path(room.__file__).parent / "released" / "bench"
PARTS = Bundle.load(BENCH).part_numbers
CLASSIFIER = Classifier(BENCH / "model.tflite", PARTS)


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32 - 1), level=st.integers(0, 255))
def test_scores_are_probabilities_and_the_embedding_has_length_one(seed: int, level: int) -> None:
    patch = np.random.default_rng(seed).integers(0, level + 1, (224, 224), dtype=np.uint8)
    prediction = CLASSIFIER.classify(patch)
    assert prediction.scores.dtype == prediction.embedding.dtype == np.float32
    assert prediction.scores.shape == (2,)
    assert prediction.scores.sum() == pytest.approx(1.0, abs=1e-6)
    assert np.linalg.norm(prediction.embedding) == pytest.approx(1.0, abs=1e-5)


def test_the_same_patch_gives_the_same_answer_and_leaves_the_patch_alone() -> None:
    patch = np.random.default_rng(0).integers(0, 256, (224, 224), dtype=np.uint8)
    before = patch.copy()
    first, second = CLASSIFIER.classify(patch), CLASSIFIER.classify(patch)
    assert np.array_equal(first.scores, second.scores)
    assert np.array_equal(first.embedding, second.embedding)
    assert np.array_equal(patch, before)


def test_an_earlier_answer_is_not_overwritten_by_a_later_one() -> None:
    first = CLASSIFIER.steps(np.zeros((224, 224), np.uint8))
    kept = first.together()
    CLASSIFIER.steps(np.full((224, 224), 255, np.uint8))
    assert np.array_equal(first.together(), kept)


def test_a_network_of_another_number_of_scores_is_refused() -> None:
    with pytest.raises(ValueError, match="for 3 part numbers"):
        Classifier(BENCH / "model.tflite", ("a", "b", "c"))


def test_a_gray_level_is_an_input_step() -> None:
    """Scale 1/255 and zero point -128, so that a patch is prepared without a single multiplication."""
    (details,) = CLASSIFIER._interpreter.get_input_details()
    assert details["quantization"] == (pytest.approx(1 / 255, rel=1e-6), -128)


def test_the_line_s_rooms_import_no_training_library() -> None:
    rooms = "models.classifier, models.bundle, models.preprocess, models.dataset, models.trust, models.evaluate"
    check = f"import sys, {rooms}; sys.exit(bool({{'tensorflow', 'keras'}} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
