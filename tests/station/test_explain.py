"""Why a record says what it says, where no number of its picture decided."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from station.bundles import RELEASED, load_bundle, name_of
from station.explain import explain
from station.log import queries
from station.log.store import TraceabilityLog
from station.recipe import Evidence
from station.types import Order, Reason, Verdict
from tests.station.log.samples import StoppedClock, judged, pictures


def test_a_part_that_was_laid_without_an_order_is_not_said_to_lack_a_measure(tmp_path: Path) -> None:
    bundle = load_bundle(RELEASED / "bench")
    seen = dict.fromkeys(bundle.names, 0.5)
    evidence = Evidence(1, touches_edge=False, moved=False, scores=seen, distances=seen, verified=False)
    with closing(TraceabilityLog(tmp_path, StoppedClock())) as log:
        what = judged(
            order=Order(""),
            verdict=Verdict.REJECT,
            reason=Reason.NOT_VERIFIED,
            model=name_of(bundle),
            measures=evidence.measures(),
        )
        log.append(what, pictures())
    with queries.reading(tmp_path) as rows:
        row = queries.show(rows, "1")
    assert row is not None
    told = explain(row, tmp_path)
    assert told.sentence == "The gate “sound” decided: There is no work order. Scan or choose one."
