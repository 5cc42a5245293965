"""What is written as TOML is read back."""

import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from models.card import dumps

NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
SCALARS = NAMES | st.booleans() | st.integers(-(2**62), 2**62) | st.floats(allow_nan=False, allow_infinity=False)
TABLES = st.recursive(
    st.dictionaries(NAMES, SCALARS | st.lists(SCALARS, max_size=4), max_size=4),
    lambda inner: st.dictionaries(NAMES, SCALARS | inner, max_size=4),
    max_leaves=12,
)


@given(TABLES)
def test_a_card_reads_back_as_it_was_written(card: dict[str, Any]) -> None:
    assert tomllib.loads(dumps(card)) == card
