"""What a MES uses, and that nothing it may send is a fault of the station."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from station.types import State, TriggerSource
from station.web import api
from station.web.auth import HEADER
from tests.promises.stations import EXPECTED
from tests.station.web.site import token_of
from tests.station.web.test_flow import Flow

EXAMPLES = 40  # of each operation


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Flow]:
    with Flow.peopled(tmp_path) as site:
        site.pass_time()
        yield site


@pytest.fixture
def machine(site: Flow) -> Iterator[httpx.Client]:
    token = site.accounts.give_token("MES", by="test")
    with site.browser(accept="*/*", authorization=f"Bearer {token}") as machine:
        yield machine


def test_a_machine_begins_an_order_and_reads_what_became_of_it(site: Flow, machine: httpx.Client) -> None:
    order = {"work_order": "W-1", "part_number": EXPECTED, "quantity": 2, "lot": "L-1"}
    assert machine.post("/api/order", json=order).status_code == 202
    site.pass_time()
    site.inspect()
    state = machine.get("/api/state").json()
    assert (state["state"], state["work_order"], state["quantity"], state["passed"]) == ("ready", "W-1", 2, 1)
    assert site.events("order_begun")[0]["operator"] == "MES"
    last = machine.get("/api/inspection").json()
    assert (last["verdict"], last["work_order"]) == ("PASS", "W-1")
    assert machine.get("/api/inspection", params={"inspection_id": last["inspection_id"]}).json() == last


def test_a_machine_closes_an_order_and_nothing_of_it_passes_then(site: Flow, machine: httpx.Client) -> None:
    order = {"work_order": "W-1", "part_number": EXPECTED, "quantity": 2}
    assert machine.post("/api/order", json=order).status_code == 202
    site.pass_time()
    closed = machine.post("/api/order/close", json={"work_order": "W-1"})
    assert (closed.status_code, closed.json()["quantity"]) == (202, 2)
    site.pass_time()
    assert machine.get("/api/state").json()["work_order"] == ""
    assert site.events("order_closed")[0]["operator"] == "MES"
    assert machine.post("/api/order/close", json={"work_order": "W-1"}).status_code == 409


def test_a_search_comes_page_by_page_newest_first(site: Flow, machine: httpx.Client) -> None:
    placed = [site.inspect()["sequence"] for _ in range(3)]
    first = machine.get("/api/inspections", params={"limit": 2, "verdict": "REJECT"}).json()
    rest = machine.get("/api/inspections", params={"limit": 2, "before": first["before"]}).json()
    found = [row["sequence"] for row in first["inspections"] + rest["inspections"]]
    assert found == placed[::-1]
    assert rest["before"] is None
    assert machine.get("/api/inspections", params={"verdict": "PASS"}).json()["inspections"] == []


def test_before_anything_was_inspected_there_is_no_record(machine: httpx.Client) -> None:
    assert machine.get("/api/inspection").status_code == 404


def test_what_cannot_be_is_refused_with_a_sentence(site: Flow, machine: httpx.Client) -> None:
    for order, status in (
        ({"work_order": "W-9"}, 409),
        ({"work_order": "W-9", "part_number": "1042", "quantity": 5}, 409),
        ({"work_order": "W-9", "part_number": EXPECTED}, 409),
        ({"work_order": "W-9", "colour": "red"}, 422),
        ({}, 422),
    ):
        answer = machine.post("/api/order", json=order)
        assert (answer.status_code, bool(answer.json()["detail"])) == (status, True), order
    for asked in ({"since": "yesterday"}, {"since": "0001-01-01T00:00:00+14:00"}, {"limit": 0}, {"before": 2**63}):
        assert machine.get("/api/inspections", params=asked).status_code == 422, asked


def test_a_trigger_is_taken_where_the_station_is_triggered_by_http_and_ready(site: Flow, machine: httpx.Client) -> None:
    assert "add" in machine.post("/api/trigger").json()["detail"]
    site.station.sources = frozenset({TriggerSource.HTTP})
    assert machine.post("/api/trigger").status_code == 202
    assert site.station.asked is TriggerSource.HTTP
    site.station.screen.tell(State.ERROR, "The camera is gone.")
    assert machine.post("/api/trigger").status_code == 409


def test_a_token_opens_the_api_alone_until_it_is_taken_away(site: Flow, machine: httpx.Client) -> None:
    assert machine.get("/api/state").status_code == 200
    assert machine.get("/orders").status_code == 401
    with site.browser() as browser:
        assert "MES" not in browser.get("/sign-in").text
    for wrong in ("Bearer", "Bearer x", "Basic eDp5", "Bearer " + "é" * 10):
        with site.browser(accept="*/*") as other:
            assert other.get("/api/state", headers={b"authorization": wrong.encode()}).status_code == 401
    site.accounts.disable("MES", by="test")
    assert machine.get("/api/state").status_code == 401


def test_a_page_calls_the_api_with_its_token_and_nobody_else_in_its_name(site: Flow) -> None:
    with site.signed_in("operator") as browser:
        order = {"work_order": "W-1", "part_number": EXPECTED, "quantity": 2}
        for headers in ({}, {HEADER: "x"}):
            assert browser.post("/api/order", json=order, headers=headers).status_code == 403
        token = token_of(browser.get("/orders"))
        assert browser.post("/api/order", json=order, headers={HEADER: token}).status_code == 202


def test_a_search_that_takes_too_long_is_given_up(
    site: Flow, machine: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.inspect()
    monkeypatch.setattr(api, "PATIENCE", -1.0)
    monkeypatch.setattr(api, "STEPS", 1)
    answer = machine.get("/api/inspections")
    assert answer.status_code == 503
    assert "takes too long" in answer.json()["detail"]


def test_nothing_that_the_description_allows_or_forbids_is_a_fault(site: Flow, machine: httpx.Client) -> None:
    site.inspect()
    described = machine.get("/api/openapi.json").json()
    assert set(described["paths"]) == {
        f"/api/{name}" for name in ("state", "order", "order/close", "trigger", "inspection", "inspections")
    }
    schema = schemathesis.openapi.from_dict(described)
    schema.config.update(base_url=site.address.rstrip("/"))
    tried = [_try(found.ok(), machine) for found in schema.get_all_operations() if hasattr(found, "ok")]
    assert len(tried) == len(described["paths"])
    assert min(tried) >= EXAMPLES / 2


def _try(operation: Any, machine: httpx.Client) -> int:
    """How many requests were sent."""
    sent = 0
    cases = st.one_of(
        operation.as_strategy(), operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE)
    )

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(cases)
    def tried(case: Any) -> None:
        nonlocal sent
        sent += 1
        answer = case.call(headers={"authorization": machine.headers["authorization"]})
        assert answer.status_code < 500 or answer.status_code == 503, answer.text

    tried()
    return sent


def test_a_body_that_is_no_json_or_holds_what_no_text_can_is_refused(machine: httpx.Client) -> None:
    for body in (b"", b"{", b"[]", b"null", b'{"work_order": "\\ud800"}', b'{"\\ud800": 1}', b"\xff", b"1" * 4000):
        answer = machine.post("/api/order", content=body, headers={"content-type": "application/json"})
        assert answer.status_code in (400, 422), body
