"""What the flat field costs, beside the network that sees what it corrected."""

from statistics import median
from time import thread_time

import numpy as np

from calibration.correct import UNIT, FlatField
from models.preprocess import prepare
from station.assembly import EXPECTED, Demo
from tests.benchmarks.conftest import next_frame

ROUNDS = 300


class Timed(FlatField):
    """A flat field that tells how long it was at work, in the thread's own time."""

    took = 0.0

    def _apply(self, *arguments: np.ndarray) -> np.ndarray:
        begun = thread_time()
        corrected = super()._apply(*arguments)
        Timed.took += thread_time() - begun
        return corrected


def test_dark_and_flat_field_cost_at_most_0_15_of_an_inference_a_picture(demo: Demo) -> None:
    """Only what is looked at is corrected: the small picture that is searched, and the window that is cut."""
    demo.bench.lay(demo.bench.choose(EXPECTED))
    model = demo.station.model
    assert model.profile
    gray = model.profile.region.crop(next_frame(demo).gray())
    flat = Timed(np.full_like(gray, 2), np.full(gray.shape, 1.1 * UNIT, np.uint16))
    found = []
    for _ in range(ROUNDS):
        Timed.took = 0.0
        patch = prepare(gray, model.preparation, flat)
        took, begun = Timed.took, thread_time()
        model.classifier.classify(patch.pixels)
        found.append(took / (thread_time() - begun))
    print(f"\ndark and flat field, in inferences: {median(found):.3f}")
    assert 0 < median(found) <= 0.15
