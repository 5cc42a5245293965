"""Any picture is read as the line reads it; a data set is checked whole before anything is learnt."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.dataset import DataSetError, Picture, hold_back, load, read_picture
from tests.models.scenes import write_set

GRADIENT = np.tile(np.arange(0, 240, 4, dtype=np.uint8), (40, 1))


def _encoded(folder: Path, name: str, pixels: np.ndarray[tuple[int, ...], np.dtype[np.integer]]) -> Path:
    path = folder / name
    assert cv2.imwrite(str(path), pixels)
    return path


def test_sixteen_bits_become_eight(tmp_path: Path) -> None:
    path = _encoded(tmp_path, "deep.png", GRADIENT.astype(np.uint16) * 256)
    assert np.array_equal(read_picture(path), GRADIENT)


@pytest.mark.parametrize("channels", [3, 4])
def test_colour_and_transparency_become_gray(tmp_path: Path, channels: int) -> None:
    path = _encoded(tmp_path, "colour.png", np.repeat(GRADIENT[:, :, None], channels, axis=2))
    assert np.array_equal(read_picture(path), GRADIENT)


def test_a_picture_held_sideways_is_turned_upright(tmp_path: Path) -> None:
    jpeg = cv2.imencode(".jpg", GRADIENT)[1].tobytes()
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"  # orientation 6: turn clockwise
    path = tmp_path / "sideways.jpg"
    path.write_bytes(jpeg[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + jpeg[2:])
    assert read_picture(path).shape == GRADIENT.T.shape


@pytest.mark.parametrize("content", [b"", b"no picture", b"\xff\xd8\xff"])
def test_what_is_no_picture_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "broken.jpg").write_bytes(content)
    with pytest.raises(ValueError, match=r"broken\.jpg is not a picture"):
        read_picture(tmp_path / "broken.jpg")


def test_a_whole_set_is_read(rings: Path) -> None:
    data = load(rings, to_learn=True)
    assert data.part_numbers == ("ring-4", "ring-7")
    assert {len(data.of(split)) for split in ("train", "test", "unknown")} == {20, 4, 12}


def test_the_hash_follows_content_and_labels(tmp_path: Path) -> None:
    first = write_set(tmp_path / "first", {"a": 0.4, "b": 0.6})
    second = write_set(tmp_path / "second", {"a": 0.4, "b": 0.6})
    assert load(first).sha256 == load(second).sha256
    manifest = second / "manifest.csv"
    manifest.write_text(manifest.read_text().replace("a/00.png,a,a-0,train", "a/00.png,a,a-9,train"))
    assert load(first).sha256 != load(second).sha256


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    folder = write_set(tmp_path / "set", {"a": 0.4, "b": 0.6, "c": 0.2})
    (folder / "a" / "00.png").unlink()
    (folder / "a" / "01.png").write_bytes(b"no picture")
    (folder / "b" / "00.png").write_bytes((folder / "a" / "02.png").read_bytes())
    (folder / "b" / "10.png").write_bytes((folder / "b" / "02.png").read_bytes())
    text = (folder / "manifest.csv").read_text()
    text = text.replace("b/03.png,b,b-1,train", "b/03.png,b,b-5,train").replace("a-2,train", "a-2,learn")
    for number in range(5, 10):
        text = text.replace(f"c/{number:02}.png,c,c-{number // 2},train", f"c/{number:02}.png,c,,unused")
    (folder / "manifest.csv").write_text(text)
    with pytest.raises(DataSetError) as raised:
        load(folder, to_learn=True)
    said = "\n".join(raised.value.mistakes)
    for mistake in (
        "a/00.png cannot be read",
        "a/01.png is not a picture",
        "a/02.png and b/00.png are one picture with two part numbers",
        "b/02.png and b/10.png are one picture in two splits",
        "group b-5 stands in train and in test",
        "a/04.png has the split 'learn'",
        "c has 5 training pictures",
    ):
        assert mistake in said


def test_a_tiny_picture_is_named_with_its_size(tmp_path: Path) -> None:
    folder = write_set(tmp_path / "set", {"a": 0.2, "b": 0.5})
    _encoded(folder / "a", "00.png", GRADIENT[:20, :50])
    with pytest.raises(DataSetError, match=r"00\.png has 50×20 pixels"):
        load(folder)


@pytest.mark.parametrize("missing", ["file", "part_number", "group", "split"])
def test_a_missing_column_is_named(tmp_path: Path, missing: str) -> None:
    columns = [column for column in ("file", "part_number", "group", "split") if column != missing]
    (tmp_path / "manifest.csv").write_text(",".join(columns) + "\n")
    with pytest.raises(DataSetError, match=f"lacks the column {missing}"):
        load(tmp_path)


def test_an_empty_folder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DataSetError, match="holds no pictures; put them into one sub-folder a part number"):
        load(tmp_path)


def test_sub_folders_are_part_numbers_and_copies_stay_together(tmp_path: Path) -> None:
    folder = write_set(tmp_path / "set", {"a": 0.4, "b": 0.6})
    (folder / "manifest.csv").unlink()
    for index in range(5):
        (folder / "a" / f"copy-{index}.png").write_bytes((folder / "a" / "00.png").read_bytes())
    data = load(folder, to_learn=True)
    assert data == load(folder, to_learn=True)
    assert {picture.split for picture in data.pictures} == {"train", "test"}
    copies = [picture for picture in data.pictures if picture.file == "a/00.png" or "copy" in picture.file]
    assert len(copies) == 6
    assert len({picture.split for picture in copies}) == 1


@given(
    groups=st.dictionaries(st.tuples(st.sampled_from("AB"), st.integers(0, 30)), st.integers(1, 4), min_size=1),
    share=st.floats(0.05, 0.5),
    seed=st.integers(0, 1000),
)
def test_a_group_is_held_back_whole_or_not_at_all(groups: dict[tuple[str, int], int], share: float, seed: int) -> None:
    pictures = [
        Picture(f"{part}-{group}-{index}", part, f"{part}-{group}", "train")
        for (part, group), count in groups.items()
        for index in range(count)
    ]
    learnt, held = hold_back(pictures, share, seed)
    assert sorted(learnt + held, key=str) == sorted(pictures, key=str)
    assert not {picture.group for picture in learnt} & {picture.group for picture in held}
    assert {picture.part_number for picture in learnt} == {picture.part_number for picture in pictures}
    assert (learnt, held) == hold_back(pictures, share, seed)
