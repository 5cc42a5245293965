"""The folder of a comparison, and the table over it."""

import csv
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest

from models.compare.folder import Folder
from models.compare.outcome import NETWORKS, Figures, Outcome, Settings, Task
from models.compare.table import lines, table

SETTINGS = Settings("0" * 64, seed=3)
HOG = Outcome(Task("hog", 10), 20, Figures(81, 0, 0.9, None, None, None), 6085, None, None)
PAPER = Outcome(Task("paper", 10, 30), 20, Figures(81, 44, 1.0, 0.99, 0.98, 0.5), 1_612_000, 1_700_000, 1.0)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path / "comparison")
    folder.begin(SETTINGS)
    with folder.held():
        return folder


def test_what_came_out_is_read_as_it_was_written(folder: Folder) -> None:
    for outcome in (HOG, PAPER):
        assert folder.outcome(outcome.task) is None
        folder.finish(outcome)
        assert folder.outcome(outcome.task) == outcome


def test_another_network_count_length_or_weights_is_another_task(folder: Folder) -> None:
    folder.finish(PAPER)
    tasks = [PAPER.task, replace(PAPER.task, network="fast"), replace(PAPER.task, photographs=0)]
    tasks += [replace(PAPER.task, epochs=1), replace(PAPER.task, epochs=0, weights="ab" * 32)]
    assert [bool(folder.outcome(task)) for task in tasks] == [True, False, False, False, False]
    assert len({task.name for task in tasks}) == 5


def test_results_of_all_commands_are_told_quickest_network_first_and_all_photographs_last(folder: Folder) -> None:
    done = [PAPER, HOG, replace(HOG, task=Task("hog", 0)), replace(HOG, task=Task("hog", 30))]
    for outcome in done:
        folder.finish(outcome)
    assert [outcome.task.name for outcome in folder.outcomes()] == ["hog-10", "hog-30", "hog-all", "paper-e30-10"]


def test_other_photographs_or_another_seed_are_refused(folder: Folder) -> None:
    folder.begin(SETTINGS)
    with pytest.raises(FileExistsError, match="holds comparisons of seed 3, not 4; name another folder"):
        folder.begin(replace(SETTINGS, seed=4))
    with pytest.raises(FileExistsError, match="on other pictures"):
        folder.begin(replace(SETTINGS, data="1" * 64))


def test_a_damaged_result_is_named(folder: Folder) -> None:
    (folder.path / "results" / "hog-10.json").write_text("{")
    with pytest.raises(OSError, match=r"hog-10\.json is damaged"):
        folder.outcome(HOG.task)


def test_the_table_for_people_names_how_each_was_learnt_and_leaves_out_what_nothing_can_be_said_of() -> None:
    headings, hog, paper, *_key = lines([HOG, PAPER])
    assert headings.split()[:4] == ["network", "how", "photographs", "right"]
    assert hog.split() == ["HOG", "logistic", "regression", "10", "90.0%", "–", "–", "–", "6,085", "–", "–"]
    assert "from scratch, 30 epochs" in paper
    assert paper.split()[-7:] == ["100.0%", "0.990", "0.980", "0.500", "1,612,000", "1,700,000", "1.00"]
    assert Task("resnet50", 0, weights="ab" * 32).learnt == "pretrained, frozen"
    assert len({len(line) for line in (headings, hog, paper)}) == 1


def test_a_spreadsheet_gets_a_line_a_result() -> None:
    rows = list(csv.DictReader(StringIO(table([HOG, PAPER]))))
    assert [row["network"] for row in rows] == ["hog", "paper"]
    assert (rows[0]["size"], rows[0]["auc"], rows[1]["time"]) == ("", "", "1.0")
    assert table([]) == "\n"


def test_every_network_has_a_name_that_fits_the_table() -> None:
    for network, name in NETWORKS.items():
        line = [*lines([replace(PAPER, task=Task(network, 10, 30))])][1]
        assert line.startswith(name + " ")
