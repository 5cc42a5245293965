"""Handbook and README name commands that are there; the handbook names messages that the station says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from station.web.probes import HELP
from tests.station.cli.command import station

PROJECT = Path(__file__).parents[2]
HANDBOOK = (PROJECT / "deploy" / "README.md").read_text("utf-8")
README = (PROJECT / "README.md").read_text("utf-8")
COMMAND = re.compile(r"^(?:sudo -u station |\$ )?(station [a-z].*?)(?:#.*)?$", re.MULTILINE)
COMMANDS = sorted({each.strip() for each in COMMAND.findall(f"{README}\n{HANDBOOK}")})
TABLE = HANDBOOK[HANDBOOK.index("## What to do") : HANDBOOK.index("## Another bundle")]
SAID = [cells.split("|")[2].strip() for cells in TABLE.splitlines() if cells.startswith("| ")][1:]
CODE = "\n".join(each.read_text("utf-8") for each in (PROJECT / "station").rglob("*.py"))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_there_with_its_options(command: str) -> None:
    words = command.split()[1:]
    names: list[str] = []
    for word in words:
        if not re.fullmatch(r"[a-z][a-z-]+", word) or station(*names, word, "--help").exit_code:
            break
        names.append(word)
    helped = station(*names, "--help")
    assert helped.exit_code == 0
    assert names
    for option in re.findall(r"--[a-z-]+", command):
        assert option in helped.stdout, f"{' '.join(names)} has no {option}"


@pytest.mark.parametrize("message", SAID)
def test_every_message_is_one_that_the_station_says(message: str) -> None:
    assert " ".join(message.split()) in " ".join(CODE.replace('"\n', "").split())


def test_every_figure_for_prometheus_is_named_and_no_other() -> None:
    table = HANDBOOK.split("| figure | what |\n")[1].split("\n\n")[0]
    assert set(re.findall(r"`(station_\w+)`", table)) == set(HELP)


def test_every_file_that_is_named_is_there() -> None:
    linked = re.findall(r"\]\(([^)#]+)\)", README)
    assert linked
    for path in {*linked, *re.findall(r"(?<![\w/])deploy/[\w./-]+\w", README + HANDBOOK)}:
        assert (PROJECT / path).exists(), path
