"""How a work order is written, and that a file with one wrong line is refused by its line."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.orders.order import COLUMNS, LONGEST, MOST, WorkOrder, fit_order, read_csv

HEAD = "work_order,part_number,quantity,lot\n"
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=LONGEST)


@pytest.mark.parametrize("quantity", ["0", "-1", "1.5", "", "many", str(MOST + 1), "1e3", "١"])
def test_a_quantity_is_a_whole_number_of_parts(quantity: str) -> None:
    with pytest.raises(ValueError, match="whole number"):
        fit_order("W-1", "1041-A", quantity)


@pytest.mark.parametrize("word", ["", "  ", "x" * (LONGEST + 1), "a\x00b", "a\nb"])
def test_a_name_is_printable_and_short(word: str) -> None:
    with pytest.raises(ValueError, match="work order"):
        fit_order(word, "1041-A", 1)


@pytest.mark.parametrize("mark", [",", ";"])
def test_a_file_has_its_columns_in_any_order_and_the_lot_may_be_left_out(mark: str) -> None:
    text = "quantity,work_order,part_number\n5,W-1,1041-A\n\n6,W-2,1041-B\n".replace(",", mark)
    assert read_csv(text) == {2: WorkOrder("W-1", "1041-A", 5), 4: WorkOrder("W-2", "1041-B", 6)}


@given(st.lists(st.tuples(WORDS, WORDS, st.integers(1, MOST), WORDS), min_size=1, max_size=5, unique_by=lambda o: o[0]))
def test_whatever_a_csv_writer_writes_is_read_as_it_was(orders: list[tuple[str, str, int, str]]) -> None:
    file = io.StringIO(newline="")
    csv.writer(file).writerows([COLUMNS, *orders])
    assert list(read_csv(file.getvalue()).values()) == [WorkOrder(*order) for order in orders]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD + "W-1,1041-A,5,\nW-2,1041-A,none,\n", "line 3: a quantity"),
        (HEAD + "W-1,1041-A,5,\nW-1,1041-A,5,\n", "line 3: the work order W-1 stands in line 2 too"),
        (HEAD + "W-1,1041-A\n", "line 2: it has 2 fields"),
        (HEAD + 'W-1,"1041-A,5,\n', "line 2: "),
        (HEAD + ",1041-A,5,\n", "line 2: a work order"),
        (HEAD, "line 2: there is no order"),
        ("", "line 1: .* is missing"),
        ("work_order,part_number\n", "line 1: .* quantity is missing"),
        ("work_order,part_number,quantity,colour\n", "line 1: .* nobody knows colour"),
        ("work_order,part_number,quantity,quantity\n", "line 1: a column stands there twice"),
    ],
)
def test_a_mistake_is_named_by_its_line(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_csv(text)


@given(st.text())
def test_any_text_is_a_file_of_orders_or_names_a_line(text: str) -> None:
    try:
        found = read_csv(text)
    except ValueError as mistake:
        said = str(mistake)
    else:
        said = "line " * bool(found)
    assert said.startswith("line ")
