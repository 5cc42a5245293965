"""Where a JPEG ends, whatever the driver's buffer holds behind it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.cameras.jpeg import END, whole_jpeg


def jpeg(seed: int = 0) -> bytes:
    ok, encoded = cv2.imencode(".jpg", np.random.default_rng(seed).integers(0, 256, (24, 40, 3), np.uint8))
    assert ok
    return encoded.tobytes()


@given(behind=st.binary() | st.just(jpeg(1)) | st.just(bytes(500)), seed=st.integers(0, 9))
def test_what_follows_the_end_is_cut_off(behind: bytes, seed: int) -> None:
    assert whole_jpeg(jpeg(seed) + behind) == jpeg(seed)


@given(length=st.integers(0, len(jpeg()) - 1))
def test_a_torn_picture_is_none(length: int) -> None:
    assert whole_jpeg(jpeg()[:length]) is None


@given(st.binary())
def test_anything_else_is_none_or_ends_as_a_jpeg_does(buffer: bytes) -> None:
    found = whole_jpeg(b"\xff\xd8" + buffer)
    assert found is None or found.endswith(END)


@pytest.mark.parametrize("thumbnail", [jpeg(1), END])
def test_an_end_within_a_segment_is_not_the_end(thumbnail: bytes) -> None:
    segment = b"\xff\xe1" + (len(thumbnail) + 2).to_bytes(2, "big") + thumbnail
    picture = jpeg()[:2] + segment + jpeg()[2:]
    assert whole_jpeg(picture + bytes(9)) == picture
