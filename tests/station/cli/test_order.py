"""`station order`: from a file to the summary, and what is refused is one sentence."""

from __future__ import annotations

from pathlib import Path

from tests.station.cli.command import lines, station

FILE = "work_order,part_number,quantity,lot\nW-1,1041-A,5,L-1\nW-2,1041-B,6,\n"


def test_orders_are_imported_listed_begun_and_closed(tmp_path: Path) -> None:
    file = tmp_path / "monday.csv"
    file.write_text(FILE, "utf-8")
    assert "2 orders are new" in station("order", "import", file, "--data", tmp_path).stdout
    assert "2 were there already" in station("order", "import", file, "--data", tmp_path).stdout
    assert "is wanted" in station("order", "begin", "W-2", "--data", tmp_path).stdout
    listed = lines(station("order", "list", "--json", "--data", tmp_path))
    assert [(order["work_order"], order["stage"]) for order in listed] == [("W-2", "running"), ("W-1", "waiting")]
    (closed,) = lines(station("order", "close", "W-2", "--json", "--data", tmp_path))
    assert (closed["stage"], closed["quantity"], closed["passed"]) == ("closed", 6, 0)
    assert "asked" in station("order", "show", "W-2", "--data", tmp_path).stdout
    assert len(lines(station("order", "list", "--all", "--json", "--data", tmp_path))) == 2


def test_an_order_is_added_once(tmp_path: Path) -> None:
    add = ("order", "add", "W-1", "--part", "1041-A", "--data", tmp_path, "--quantity")
    assert "waits" in station(*add, 5).stdout
    assert "there already" in station(*add, 5).stdout
    refused = station(*add, 6)
    assert (refused.exit_code, "asks for something else" in refused.stderr) == (3, True)
    assert station(*add, 0).exit_code == 2


def test_a_file_with_a_wrong_line_is_refused_whole_by_that_line(tmp_path: Path) -> None:
    file = tmp_path / "monday.csv"
    file.write_text(FILE + "W-3,1041-A,none,\n", "utf-8")
    refused = station("order", "import", file, "--data", tmp_path)
    assert refused.exit_code == 3
    assert "line 4: a quantity is a whole number" in refused.stderr
    assert lines(station("order", "list", "--json", "--data", tmp_path)) == []


def test_what_is_not_there_is_neither_begun_nor_closed_nor_shown(tmp_path: Path) -> None:
    for word in ("begin", "close", "show"):
        refused = station("order", word, "W-9", "--data", tmp_path)
        assert (refused.exit_code, "no work order W-9" in refused.stderr) == (3, True)
