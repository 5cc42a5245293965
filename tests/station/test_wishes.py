"""The note tells who wanted which bundle; it is there whole, or it is damage."""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.errors import BundleError
from station.wishes import NOTE, Wish, Wishes

WORDS = st.text(st.characters(codec="utf-8"), max_size=20)
SOME = st.lists(st.builds(Wish, WORDS, WORDS, WORDS, WORDS, WORDS), min_size=1, max_size=5)


def test_as_long_as_nobody_asked_what_station_toml_names_is_wanted(tmp_path: Path) -> None:
    assert Wishes(tmp_path).read() == (Wish(),)
    assert Wishes(tmp_path / "nowhere").read() == (Wish(),)


@given(written=SOME)
def test_what_was_wished_is_read_back(written: list[Wish]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        wishes = Wishes(Path(folder))
        wishes.write([Wish("former")])
        wishes.write(written)
        assert wishes.read() == tuple(written)
        assert [path.name for path in Path(folder).iterdir()] == [NOTE]


def test_every_wish_is_seen_without_reading_it_even_the_same_again(tmp_path: Path) -> None:
    wishes = Wishes(tmp_path)
    stamps = [wishes.stamp()]
    for bundle in ("a", "a", "b"):
        wishes.write([Wish(bundle)])
        stamps.append(wishes.stamp())
        assert wishes.stamp() == stamps[-1]
    assert stamps[0] is None
    assert len(set(stamps)) == 4


def test_a_note_is_replaced_and_never_written_over(tmp_path: Path) -> None:
    wishes = Wishes(tmp_path)
    wishes.write([Wish("former")])
    with (tmp_path / NOTE).open() as former:
        wishes.write([Wish("wanted")])
        assert "former" in former.read()


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b"[{}", b"null", b"[1]", b'[{"bundle": 1}]', b'[{"bundel": "a"}]', b"\xff"]
)
def test_a_note_that_cannot_be_read_is_damage_and_not_absence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / NOTE).write_bytes(content)
    with pytest.raises(BundleError, match="station model use"):
        Wishes(tmp_path).read()


def test_of_two_who_write_at_once_the_last_is_there_whole_and_nothing_beside_it(tmp_path: Path) -> None:
    wishes, texts = Wishes(tmp_path), [letter * 50_000 for letter in "abcd"]
    with ThreadPoolExecutor(len(texts)) as pool:
        for _ in range(20):
            list(pool.map(lambda text: wishes.write([Wish(text)]), texts))
            assert wishes.read()[0].bundle in texts
    assert [path.name for path in tmp_path.iterdir()] == [NOTE]
