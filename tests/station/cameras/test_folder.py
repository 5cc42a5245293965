"""Replay: every picture of a folder once, in order, as its file's own bytes; bad input loses nothing."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from station.cameras.folder import FolderCamera
from station.errors import CameraError
from station.types import EndOfPictures, Frame, SystemClock
from tests.station.cameras.test_freshness import Clock

NOISE = np.random.default_rng(0)


def picture(suffix: str = ".png") -> bytes:
    ok, encoded = cv2.imencode(suffix, NOISE.integers(0, 256, (24, 32), np.uint8))
    assert ok
    return encoded.tobytes()


def opened(folder: Path) -> FolderCamera:
    camera = FolderCamera(folder, SystemClock())
    camera.open()
    return camera


def shown(camera: FolderCamera) -> list[Frame]:
    frames = []
    while True:
        try:
            frames.append(camera.read())
        except EndOfPictures:
            return frames


def test_pictures_come_in_the_order_of_their_names_with_their_own_bytes(tmp_path: Path) -> None:
    files = {name: picture() for name in ("b/2.PNG", "a/1.png", "a/3.jpg", "0.jpeg")}
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    (tmp_path / "README.md").write_text("no picture")
    frames = shown(opened(tmp_path))
    assert [frame.source for frame in frames] == ["0.jpeg", "a/1.png", "a/3.jpg", "b/2.PNG"]
    assert all(frame.encoded == files[frame.source] for frame in frames)


def test_only_the_files_that_are_named_are_shown_in_the_order_given(tmp_path: Path) -> None:
    for name in ("a.png", "b.png", "c.png"):
        (tmp_path / name).write_bytes(picture())
    camera = FolderCamera(tmp_path, SystemClock(), files=["c.png", "a.png"])
    camera.open()
    assert [frame.source for frame in shown(camera)] == ["c.png", "a.png"]


def test_numbers_and_times_rise_and_every_frame_is_newer_than_asked(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / f"{name}.png").write_bytes(picture())
    clock = Clock(5.0)
    camera = FolderCamera(tmp_path, clock)
    camera.open()
    frames = [camera.read(newer_than=clock.monotonic()) for _ in range(3)]
    assert [frame.number for frame in frames] == [1, 2, 3]
    assert 5.0 < frames[0].monotonic < frames[1].monotonic < frames[2].monotonic


@pytest.mark.parametrize("content", [b"", b"\0" * 100, picture()[:300], picture(".jpg")[:300], b"GIF89a"])
def test_a_damaged_picture_is_delivered_and_refuses_to_be_decoded(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.png").write_bytes(content)
    frame = opened(tmp_path).read()
    assert frame.encoded == content
    for reduce in (1, 2, 4, 8):
        with pytest.raises(ValueError, match="not a picture"):
            frame.gray(reduce)


def test_a_file_that_cannot_be_read_is_shown_as_no_bytes_so_that_a_record_names_it(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / f"{name}.png").write_bytes(picture())
    camera = opened(tmp_path)
    assert camera.read().source == "a.png"
    (tmp_path / "b.png").unlink()
    frame = camera.read()
    assert (frame.source, frame.encoded) == ("b.png", b"")
    with pytest.raises(ValueError, match="not a picture"):
        frame.gray()
    assert [frame.source for frame in shown(camera)] == ["c.png"]


def test_a_replay_that_is_opened_again_goes_on_where_it_was(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / f"{name}.png").write_bytes(picture())
    camera = opened(tmp_path)
    camera.read()
    camera.close()
    camera.open()
    assert [frame.source for frame in shown(camera)] == ["b.png"]


def test_an_ended_replay_stays_ended(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(picture())
    camera = opened(tmp_path)
    camera.read()
    for _ in range(2):
        with pytest.raises(EndOfPictures):
            camera.read()


def test_a_missing_or_empty_folder_is_said_when_it_is_opened(tmp_path: Path) -> None:
    with pytest.raises(CameraError, match="no folder and no video"):
        opened(tmp_path / "absent")
    with pytest.raises(CameraError, match="no pictures"):
        opened(tmp_path)


def test_a_folder_that_is_not_open_shows_nothing(tmp_path: Path) -> None:
    with pytest.raises(CameraError, match="not open"):
        FolderCamera(tmp_path, SystemClock()).read()


def video(path: Path, count: int) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (64, 48))
    for level in range(count):
        writer.write(np.full((48, 64, 3), 20 * level, np.uint8))
    writer.release()
    return path


def test_a_video_is_shown_frame_by_frame(tmp_path: Path) -> None:
    frames = shown(opened(video(tmp_path / "belt.avi", 5)))
    assert [frame.source for frame in frames] == [f"belt.avi#{place}" for place in range(5)]
    assert [round(frame.gray().mean() / 20) for frame in frames] == list(range(5))


def test_a_file_that_is_no_video_is_said_when_it_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "belt.avi"
    path.write_bytes(b"no video")
    with pytest.raises(CameraError, match="no video that can be read"):
        opened(path)


SCENE = cv2.resize(np.linspace(0, 255, 12, dtype=np.float32).reshape(3, 4), (64, 48))  # each corner another level


def written(path: Path, pixels: NDArray[Any]) -> Path:
    assert cv2.imwrite(str(path), pixels)
    return path


def turned_by_exif(jpeg: bytes) -> bytes:
    """The JPEG with an EXIF segment that says: turn me a quarter clockwise (orientation 6)."""
    entry = struct.pack(">HHIHH", 0x0112, 3, 1, 6, 0)
    exif = b"Exif\0\0" + b"MM\0*" + struct.pack(">IH", 8, 1) + entry + bytes(4)
    return jpeg[:2] + struct.pack(">HH", 0xFFE1, len(exif) + 2) + exif + jpeg[2:]


@pytest.mark.parametrize("reduce", [1, 2, 4, 8])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize(("suffix", "bits"), [(".png", 8), (".png", 16), (".tif", 8), (".tif", 16)])
def test_any_depth_and_any_channels_come_out_as_8_bit_gray(
    tmp_path: Path, suffix: str, bits: int, channels: int, reduce: int
) -> None:
    scaled = (SCENE * (257 if bits == 16 else 1)).astype(np.uint16 if bits == 16 else np.uint8)
    written(tmp_path / f"a{suffix}", scaled if channels == 1 else np.dstack([scaled] * channels))
    gray = opened(tmp_path).read().gray(reduce)
    assert gray.dtype == np.uint8
    assert gray.shape == (48 // reduce, 64 // reduce)
    expected = cv2.resize(SCENE, (64 // reduce, 48 // reduce), interpolation=cv2.INTER_AREA)
    assert np.abs(gray - expected).max() < 8


@pytest.mark.parametrize("reduce", [1, 2, 4, 8])
def test_a_picture_turned_by_exif_comes_out_upright(tmp_path: Path, reduce: int) -> None:
    path = written(tmp_path / "a.jpg", SCENE.astype(np.uint8))
    path.write_bytes(turned_by_exif(path.read_bytes()))
    gray = opened(tmp_path).read().gray(reduce)
    upright = cv2.rotate(SCENE, cv2.ROTATE_90_CLOCKWISE)
    expected = cv2.resize(upright, (48 // reduce, 64 // reduce), interpolation=cv2.INTER_AREA)
    assert gray.shape == expected.shape
    assert np.abs(gray - expected).max() < 8
