"""The report: a page that stands alone, hides no mistake, and says what its split is worth; tables beside it."""

import csv
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import get_args

import pytest

from models.dataset import DataSet
from models.experiment.folder import Folder
from models.experiment.outcome import Settings
from models.experiment.processor import Precision
from models.experiment.protocol import Counts
from models.experiment.report import report
from models.experiment.report.recognised import chosen
from models.svg import Chart, ticks
from tests.models.experiment.conftest import outcome

OUTCOMES = [outcome(1, (0.1, 0.7, 0.8, 0.9)), outcome(2, (0.1, 0.6, 0.4, 0.9)), outcome(3, (0.1, 0.2, 0.8, 0.9))]


@pytest.fixture
def page(folder: Folder, data: DataSet, settings: Settings) -> str:
    report(folder, data, settings, OUTCOMES)
    return (folder.path / "report.html").read_text()


def _text(page: str) -> str:
    body = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


def test_the_page_stands_alone(page: str) -> None:
    assert "http" not in page
    assert not re.search(r"<(link|script|iframe|object)|@import|url\(", page)
    sources = re.findall(r'src="([^"]*)"', page)
    assert len(sources) == 4
    assert all(source.startswith("data:image/png;base64,") for source in sources)


def test_every_element_is_closed(page: str) -> None:
    opened: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:
            if tag not in ("meta", "img", "br"):
                opened.append(tag)

        def handle_startendtag(self, tag: str, attrs: object) -> None:
            pass

        def handle_endtag(self, tag: str) -> None:
            assert opened.pop() == tag

    Reader().feed(page)
    assert not opened


@pytest.mark.parametrize("name", ["Fig. 2", "Table II", "Fig. 5", "Fig. 6", "Fig. 7", "Fig. 8"])
def test_every_figure_of_the_paper_is_there(page: str, name: str) -> None:
    assert _text(page).count(f"the paper’s {name}") == 1


def test_pictures_seen_wrong_come_first_and_are_counted(page: str) -> None:
    captions = [_text(caption).strip() for caption in re.findall(r"<figcaption>(.*?)</figcaption>", page)]
    assert "is ring-4 ✗ seen as ring-7 in 2 of 3" in captions[0]
    assert "is ring-7 ✗ seen as ring-4 in 1 of 3" in captions[1]
    assert all("✓ seen as" in caption and "in all 3" in caption for caption in captions[2:])
    assert "2 of the 4 test pictures were seen wrong" in _text(page)


def test_of_many_mistakes_the_ten_most_often_made_are_shown() -> None:
    counts = [3] * 4 + [0] * 30 + [1] * 20 + [2] * 5
    shown = chosen(counts, seed=0)
    assert sorted(counts[n] for n in shown) == [1] + [2] * 5 + [3] * 4
    assert chosen(counts, seed=1) != shown


def test_the_honest_page_says_that_no_group_was_on_both_sides(page: str) -> None:
    assert "The split was made first, by group" in _text(page)
    assert "flatter" not in page


def test_the_paper_s_page_says_what_flatters(folder: Folder, data: DataSet, settings: Settings) -> None:
    told = replace(settings, protocol="paper", counts=Counts(8, (20, 20), (2, 2)))
    summary = report(folder, data, told, OUTCOMES)
    text = _text((folder.path / "report.html").read_text())
    known = sum(part["known"] for part in summary["structure"].values())
    assert known > 0
    assert "These figures flatter. The 16 photographs were copied first" in text
    assert f"of {known} of the 4 test pictures" in text


@pytest.mark.parametrize("precision", get_args(Precision))
def test_the_page_says_in_what_the_network_learnt(
    folder: Folder, data: DataSet, settings: Settings, precision: Precision
) -> None:
    report(folder, data, replace(settings, precision=precision), OUTCOMES)
    text = _text((folder.path / "report.html").read_text())
    assert f"It learnt in {precision}" in text
    assert f"--precision {precision}" in text


def test_the_numbers_of_the_table_are_those_of_the_summary(page: str, folder: Folder) -> None:
    told = json.loads((folder.path / "summary.json").read_text())
    cells = [f"{told['mean'][name]:.3f}" for name in ("accuracy", "ppv", "npv", "sensitivity", "specificity", "auc")]
    assert f"mean {' '.join(cells)}" in _text(page)
    assert "the paper 0.980 0.971 0.990 0.990 0.970 0.982 –" in _text(page)


def test_a_measure_of_nothing_is_a_dash(folder: Folder, data: DataSet, settings: Settings) -> None:
    report(folder, data, settings, [outcome(1, (0.9, 0.9, 0.9, 0.9))])
    text = _text((folder.path / "report.html").read_text())
    assert "1 0 2 0 2 0.500 – 0.500 0.000 1.000" in text
    assert "nan" not in text.lower()


def test_curves_without_numbers_leave_a_page(folder: Folder, data: DataSet, settings: Settings) -> None:
    epochs = tuple(replace(epoch, loss=None, test_loss=None) for epoch in outcome().epochs)
    report(folder, data, settings, [replace(outcome(), epochs=epochs)])
    assert "Loss and accuracy" in (folder.path / "report.html").read_text()


def test_names_of_part_numbers_are_no_markup(folder: Folder, data: DataSet, settings: Settings) -> None:
    named = {"ring-4": "<a&4>", "ring-7": "<b>7"}
    pictures = tuple(replace(each, part_number=named.get(each.part_number, each.part_number)) for each in data.pictures)
    parts = ("<a&4>", "<b>7")
    report(folder, replace(data, pictures=pictures), replace(settings, part_numbers=parts), OUTCOMES)
    page = (folder.path / "report.html").read_text()
    assert "&lt;a&amp;4&gt;" in page
    assert "<a&4>" not in page
    assert "<b>7" not in page


def test_the_tables_open_in_a_spreadsheet(page: str, folder: Folder) -> None:
    def read(name: str) -> list[dict[str, str]]:
        return [*csv.DictReader((folder.path / name).read_text().splitlines())]

    experiments, epochs, pictures = read("experiments.csv"), read("epochs.csv"), read("test_pictures.csv")
    assert [row["experiment"] for row in experiments] == ["1", "2", "3", "mean", "spread"]
    assert [row["accuracy"] for row in experiments[:3]] == ["0.75", "0.5", "1.0"]
    assert len(epochs) == 12
    assert pictures[1]["file"] == "ring-4/11.png"
    assert [pictures[1][f"score_{n}"] for n in (1, 2, 3)] == ["0.7", "0.6", "0.2"]


def test_the_same_outcomes_give_the_same_page(page: str, folder: Folder, data: DataSet, settings: Settings) -> None:
    report(folder, data, settings, OUTCOMES)
    assert (folder.path / "report.html").read_text() == page


def test_ticks_are_round_and_within() -> None:
    assert ticks((0, 1)) == [0, 0.2, 0.4, 0.6, 0.8, 1.0]
    assert ticks((0.93, 1.003)) == [0.94, 0.96, 0.98, 1.0]
    assert ticks((0.5, 10.5)) == [2, 4, 6, 8, 10]
    assert ticks((1, 3), least=1) == [1, 2, 3]


def test_a_chart_places_its_points() -> None:
    chart = Chart("a line", (0, 10), (0, 1), "x", "y", width=52 + 14 + 100, height=12 + 44 + 200)
    chart.line([(0, 0), (10, 1), (5, 0.5)], "#000")
    assert 'points="0.0,200.0 100.0,0.0 50.0,100.0"' in chart.svg()
