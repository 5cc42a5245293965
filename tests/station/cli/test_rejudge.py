"""`station log rejudge` as a supervisor uses it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result

from station.assembly import BENCH
from station.rejudge import Judge
from tests.station.cli.command import lines, station
from tests.station.releases import release

THIRD, FIFTH = "the third record", "the fifth record"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Golden and challenge part, then six placements on the simulated bench: eight records, with events between."""
    folder = tmp_path_factory.mktemp("demo")
    assert station("demo", "--headless", "--parts", 6, "--seed", 2, "--data", folder).exit_code == 0
    return folder


@pytest.fixture(scope="module")
def every(data: Path) -> list[int]:
    """The sequence numbers of the records, as the log itself tells them."""
    told = lines(station("log", "search", "--data", data, "--json"))
    return sorted(each["sequence"] for each in told)


def log_rejudge(data: Path, *arguments: object) -> Result:
    return station("log", "rejudge", "--data", data, *arguments)


def test_with_the_models_of_the_records_everything_comes_out_bit_for_bit(data: Path) -> None:
    result = log_rejudge(data)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "8 records judged again.",
        "Scores and distances: 8 bit for bit.",
        "No verdict would differ.",
    ]


def test_each_record_says_how_it_came_out_and_the_summary_counts(data: Path, every: list[int]) -> None:
    *told, summary = lines(log_rejudge(data, "--json"))
    assert [each["sequence"] for each in told] == every
    assert {(each["likeness"], each["same_runtime"], each["changes"]) for each in told} == {
        ("bit for bit", True, False)
    }
    assert [each["score_now"] for each in told] == [each["score"] for each in told]
    assert (summary["judged"], summary["would_differ"], summary["likeness"]) == (8, 0, {"bit for bit": 8})
    assert summary["interrupted"] is False


@pytest.mark.parametrize(
    ("span", "found"),
    [
        (["--from", THIRD], slice(2, None)),
        (["--to", THIRD], slice(0, 3)),
        (["--from", THIRD, "--to", FIFTH], slice(2, 5)),
        (["--from", "2026-01-05T00:00"], slice(None)),
        (["--to", "2020-01-01"], slice(0)),
        (["--work-order", "demo"], slice(None)),
        (["--work-order", "another"], slice(0)),
    ],
)
def test_a_span_is_told_by_sequence_time_or_work_order(
    data: Path, every: list[int], span: list[str], found: slice
) -> None:
    named = {THIRD: every[2], FIFTH: every[4]}
    result = log_rejudge(data, *(named.get(word, word) for word in span), "--json")
    assert result.exit_code == 0
    assert [each["sequence"] for each in lines(result)[:-1]] == every[found]


def test_another_bundle_shows_every_verdict_that_would_change_and_the_answer_is_no(data: Path, tmp_path: Path) -> None:
    strict = release(tmp_path, "strict", distance_limits={"1041-A": 0.0, "1041-B": 0.0})
    result = log_rejudge(data, "--bundle", strict)
    assert result.exit_code == 1
    passed = sum(each["verdict"] == "PASS" for each in lines(log_rejudge(data, "--json"))[:-1])
    assert passed
    assert sum("PASS -> REJECT unknown_part" in line for line in result.stdout.splitlines()) == passed
    assert f"{passed} would go from PASS to REJECT." in result.stdout
    assert "bit for bit" not in result.stdout


def test_a_threshold_is_tried_without_a_bundle(data: Path, tmp_path: Path) -> None:
    nothing = log_rejudge(data, "--threshold", "1041-A=0.5")
    assert (nothing.exit_code, nothing.stdout.splitlines()[-1]) == (0, "No verdict would differ.")
    bench = release(tmp_path, "loose", score_thresholds={"1041-A": 0.6, "1041-B": 0.6})
    assert log_rejudge(data, "--bundle", bench).exit_code == 0


def test_a_threshold_of_a_part_number_that_no_bundle_knows_is_told(data: Path) -> None:
    result = log_rejudge(data, "--threshold", "1041-a=0.9")
    assert "The threshold for 1041-a changed nothing" in result.stdout
    summary = lines(log_rejudge(data, "--threshold", "1041-a=0.9", "--json"))[-1]
    assert summary["thresholds_not_used"] == ["1041-a"]


@pytest.mark.parametrize("threshold", ["1041-A", "1041-A=", "=0.5", "1041-A=x", "1041-A=1.5", "1041-A=nan"])
def test_a_threshold_that_is_none_is_wrong_use(data: Path, threshold: str) -> None:
    assert log_rejudge(data, "--threshold", threshold).exit_code == 2


def test_a_span_that_is_none_is_wrong_use(data: Path) -> None:
    result = log_rejudge(data, "--from", "yesterday")
    assert result.exit_code == 2
    assert "neither a sequence number nor a time" in result.stderr


def test_a_bundle_or_a_log_that_is_not_there_is_one_sentence(data: Path, tmp_path: Path) -> None:
    assert log_rejudge(tmp_path).exit_code == 3
    result = log_rejudge(data, "--bundle", tmp_path)
    assert result.exit_code == 3
    assert result.stderr.count("\n") == 1


def test_interrupted_it_says_what_it_has_found_so_far(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    again, left = Judge.again, iter(range(3))

    def impatient(self: Judge, row: dict[str, object]) -> object:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return again(self, row)

    monkeypatch.setattr(Judge, "again", impatient)
    result = log_rejudge(data)
    assert result.exit_code == 130
    assert result.stdout.startswith("3 records judged again, then interrupted.")


def test_what_could_not_be_judged_again_is_counted(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("station.log.archive.Archive.read", lambda *_: None)
    result = log_rejudge(data)
    assert "8 could not be judged again: its picture is not kept any more." in result.stdout
    assert lines(log_rejudge(data, "--json"))[-1]["not_judged"] == {"its picture is not kept any more": 8}


def test_the_bundle_of_station_toml_is_found_too(tmp_path: Path) -> None:
    assert BENCH.is_dir()
    config = tmp_path / "station.toml"
    bundle = release(tmp_path, "own")
    config.write_text(
        f'name = "s"\ndata = "data"\nbundle = "{bundle.name}"\n[order]\npart_number = "1041-A"\n'
        '[camera]\nkind = "simulated"\ntells_a_real_line = true\n[[line]]\nkind = "serial"\nport = "loop://"\n'
    )
    photographs = tmp_path / "pictures"
    for _ in write_few(photographs):
        pass
    station("replay", photographs, "--bundle", bundle, "--expect", "1041-A", "--data", tmp_path / "data")
    assert "not here any more" in log_rejudge(tmp_path / "data").stdout
    assert log_rejudge(tmp_path / "data", "--config", config).stdout.splitlines()[1:] == [
        "Scores and distances: 3 bit for bit.",
        "No verdict would differ.",
    ]


def write_few(folder: Path) -> Iterator[object]:
    from station.simulation.dataset import write

    return iter(write(folder, count=1, seed=5))
