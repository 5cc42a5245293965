"""The table over the experiments, from what each has left."""

import json
import math

import pytest

from models.experiment.outcome import Settings, summary
from models.kept import dumps
from tests.models.experiment.conftest import outcome


def test_the_table_has_each_experiment_their_mean_and_their_spread(settings: Settings) -> None:
    told = summary(settings, {}, [outcome(1), outcome(2, (0.1, 0.2, 0.8, 0.9))], "rings")
    first, second = told["experiments"]
    assert {name: first[name] for name in ("tp", "fn", "fp", "tn")} == {"tp": 1, "fn": 1, "fp": 0, "tn": 2}
    assert (first["accuracy"], first["ppv"], first["sensitivity"]) == (0.75, 1.0, 0.5)
    assert (second["accuracy"], second["auc"], second["int8_accuracy"]) == (1.0, 1.0, 1.0)
    assert told["mean"]["accuracy"] == 0.875
    assert told["spread"]["accuracy"] == pytest.approx(0.1768, abs=1e-4)
    assert told["data_set"] == "rings"
    assert told["settings"]["protocol"] == "honest"


def test_a_measure_of_nothing_is_null_in_json(settings: Settings) -> None:
    never_the_first = outcome(1, (0.9, 0.9, 0.9, 0.9))
    told = json.loads(dumps(summary(settings, {}, [never_the_first])))
    assert told["experiments"][0]["ppv"] is None
    assert told["mean"]["ppv"] is None


def test_a_network_that_came_to_nothing_does_not_break_the_json(settings: Settings) -> None:
    told = json.loads(dumps(summary(settings, {}, [outcome(1, (math.nan,) * 4)])))
    assert told["experiments"][0]["accuracy"] == 0.0
    assert json.loads(dumps([math.nan, math.inf, 1.5])) == [None, None, 1.5]
