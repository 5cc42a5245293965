"""From sign-in to the closed order, over a real socket; and what is refused on the way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import httpx
import pytest

from station.acts import Acts
from station.changeover import Changeover
from station.errors import AccountError
from station.log import queries
from station.log.record import Row
from station.loop import run
from station.masters import UNNAMED
from station.orders.order import WorkOrder
from station.orders.store import Orders
from station.people import Person, Role
from station.shadow import together
from station.types import Order, Verdict
from station.verification import NO_ORDER, Verified
from station.web.auth import LONGEST_BODY, OPEN, SESSION, SHIFT, WHO
from station.witness import Witness
from tests.promises.stations import EXPECTED
from tests.station.web.site import PIN, Site, sign_in, token_of

BADGE = "K7-93-XQ-2210"
ORDER = {"work_order": "W-1", "part_number": EXPECTED, "quantity": "2", "lot": "L-1"}


class Flow(Site):
    """A station without an order, which takes up what the pages ask for."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.orders = Orders(folder, self.clock)
        self.station.order, self.station.model = Order(""), self.station.model.expecting("")
        changeover = Changeover(folder, lambda part: UNNAMED)
        self.station.between = together(Acts(folder).look, changeover.look, Witness(folder).look)

    def pass_time(self, seconds: float = 1.5) -> None:
        until = self.clock.monotonic() + seconds
        run(self.station, lambda: self.clock.monotonic() > until)

    def inspect(self) -> Row:
        self.bench.place(EXPECTED)
        self.pass_time()
        self.bench.remove()
        self.pass_time()
        with queries.reading(self.folder) as log:
            return queries.search(log, queries.Search(), limit=1)[0]

    def events(self, *kinds: str) -> list[Row]:
        with queries.reading(self.folder) as log:
            return list(reversed(queries.events(log, limit=500, kinds=kinds)))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Flow]:
    with Flow.peopled(tmp_path) as site:
        site.pass_time()
        yield site


@pytest.fixture(scope="module")
def shut(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flow]:
    """One for all forms that are refused and change nothing."""
    with Flow.peopled(tmp_path_factory.mktemp("shut")) as site:
        site.pass_time()
        yield site


def post(browser: httpx.Client, path: str, page: str = "/orders", **form: str) -> httpx.Response:
    shown = browser.get(page)
    hidden = dict(re.findall(r'<input type="hidden" name="(of)" value="([^"]*)"', shown.text))
    return browser.post(path, data={"token": token_of(shown)} | hidden | form)


# every route × every role × signed out


@pytest.mark.parametrize("role", [None, *Role])
def test_every_route_is_for_those_whom_the_table_names_and_for_nobody_else(site: Flow, role: Role | None) -> None:
    with site.browser(accept="*/*") as browser:
        if role is not None:
            sign_in(browser, role.value, PIN)
        for (method, path), roles in WHO.items():
            if roles is OPEN or path == "/sign-out":
                continue
            with browser.stream(method, path) as answer:
                if role is None:
                    assert answer.status_code == 401, (method, path)
                elif role not in roles:
                    assert answer.status_code == 403, (method, path)
                    assert "not for" in answer.read().decode()
                else:  # a form without its fields is refused for that, a call of the API for its token
                    refused = answer.status_code == 403 and "not for" in answer.read().decode()
                    assert answer.status_code != 401, (method, path)
                    assert not refused, (method, path)


FORMS = [path for (method, path), roles in WHO.items() if method == "POST" and roles is not OPEN]


@pytest.mark.parametrize("path", FORMS)
def test_a_form_with_a_wrong_or_missing_token_a_long_body_or_a_forged_cookie_is_refused(shut: Flow, path: str) -> None:
    role = min(WHO["POST", path] & set(Role)).value
    fields = dict.fromkeys(
        ("work_order", "inspection_id", "reason", "minutes", "pin", "former", "wanted", "again", "name", "role"), "1"
    ) | {"role": "operator"}
    with shut.browser() as stranger:
        foreign = token_of(stranger.get("/sign-in"))
    with shut.signed_in(role) as browser:
        for token in ("", "x", "é", foreign):
            assert browser.post(path, data=fields | {"token": token}).status_code in (403, 422)
        assert browser.post(path, data=fields).status_code in (403, 422)
        assert browser.post(path, content=b"x" * (LONGEST_BODY + 1)).status_code == 413
        cookie = browser.cookies[SESSION]
        for forged in (cookie[:-1] + ("A" if cookie[-1] != "A" else "B"), "a" + cookie, cookie.split(".")[0]):
            browser.cookies.set(SESSION, forged, domain="127.0.0.1")
            with shut.browser(accept="*/*", cookie=f"{SESSION}={forged}") as other:
                assert other.post(path, data=fields).status_code == 401
    assert shut.orders.all() == []
    assert len(shut.accounts.people()) == len(Role)


def test_a_sign_in_that_is_sent_again_is_refused(site: Flow) -> None:
    with site.browser() as browser:
        form = {"name": "operator", "pin": PIN, "token": token_of(browser.get("/sign-in"))}
        assert browser.post("/sign-in", data=form).status_code == 303
        browser.cookies.clear()
        assert browser.post("/sign-in", data=form).status_code == 403


# sign-in by badge


def test_a_badge_signs_in_by_itself_and_records_name_its_owner(site: Flow) -> None:
    site.accounts.give_badge("operator", BADGE, by="test")
    with site.browser() as browser:
        assert sign_in(browser, "", "", badge="K7-93-XQ-2211").status_code == 401
        assert sign_in(browser, "", "", badge=f" {BADGE} ").status_code == 303
        post(browser, "/orders", **ORDER)
        site.pass_time()
        assert site.inspect()["operator"] == "operator"
        browser.post("/sign-out", data={"token": token_of(browser.get("/orders"))})
        site.pass_time()
        assert site.inspect()["operator"] == ""
    assert BADGE not in str(site.events())


def test_who_signs_in_through_a_proxy_is_not_at_the_stage(site: Flow) -> None:
    with site.browser(**{"x-forwarded-for": "10.1.2.3"}) as far:
        assert sign_in(far, "supervisor", PIN).status_code == 303
    site.pass_time()
    assert site.station.order.operator == ""


# the order


def test_neither_a_restart_nor_another_operator_loses_a_count_of_the_order(site: Flow) -> None:
    with site.signed_in("operator") as browser:
        post(browser, "/orders", **ORDER)
        site.pass_time()
        assert [site.inspect()["verdict"] for _ in range(3)] == ["PASS", "PASS", "REJECT"]  # the third is no part of it
        before = counts_of(browser.get("/operator").text)
    assert before == ["2 / 2", "2", "0", "0"]
    with site.served(), site.signed_in("supervisor") as browser:
        site.pass_time()
        assert site.station.order.operator == "supervisor"
        assert counts_of(browser.get("/operator").text) == before


def counts_of(page: str) -> list[str]:
    """Passed of the quantity; then placements by verdict."""
    passed = re.search(r"<dt>Passed</dt><dd>(\d+)<small>( / \d+)", page)
    return ["".join(passed.groups()) if passed else "", *re.findall(r"<b>(\d+)</b><span class=.unseen", page)]


def test_an_order_is_typed_made_until_its_quantity_and_closed_with_its_summary(site: Flow) -> None:
    with site.signed_in("operator") as browser:
        assert "Type its part number and quantity" in post(browser, "/orders", work_order="W-1").text
        assert post(browser, "/orders", **ORDER).headers["location"] == "/operator"
        site.pass_time()
        rows = [site.inspect() for _ in range(3)]
        assert [row["verdict"] for row in rows] == ["PASS", "PASS", "REJECT"]
        assert {(row["work_order"], row["lot"], row["operator"]) for row in rows} == {("W-1", "L-1", "operator")}
        assert "Close this order" in browser.get("/order").text
        closed = post(browser, "/order/close", work_order="W-1")
        summary = browser.get(closed.headers["location"]).text
        assert re.search(r">passed</th><td>2<", summary)
        assert "closed" in summary
        site.pass_time()
        assert site.station.screen.view.message == NO_ORDER
        assert post(browser, "/order/close", work_order="W-1").status_code == 409


def test_a_waiting_order_is_scanned_or_chosen(site: Flow) -> None:
    site.orders.add(WorkOrder("W-7", EXPECTED, 5), by="test")
    with site.signed_in("operator") as browser:
        page = browser.get("/orders").text
        assert 'value="W-7"' in page
        assert 'id="scan" name="work_order" autocomplete="off" maxlength="40" required autofocus' in page
        assert post(browser, "/orders", work_order=" W-7 ").status_code == 303
    site.pass_time()
    assert site.station.order.work_order == "W-7"
    assert site.events("order_begun")[0]["operator"] == "operator"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"part_number": "1042"}, "The bundle in use knows 1041-A, 1041-B, not 1042"),
        ({"quantity": "many"}, "A quantity is a whole number"),
        ({"quantity": ""}, "A quantity is a whole number"),
        ({"work_order": "W\x007"}, "A work order has"),
    ],
)
def test_what_is_no_order_is_one_sentence_and_what_was_typed_stays(
    site: Flow, changes: dict[str, str], said: str
) -> None:
    with site.signed_in("operator") as browser:
        answer = post(browser, "/orders", **(ORDER | changes))
    assert answer.status_code == 409
    assert said in answer.text
    assert 'value="L-1"' in answer.text
    assert site.orders.all() == []


# what is said of a part


def test_disagreeing_puts_the_part_on_hold_and_leaves_the_record(site: Flow) -> None:
    with site.signed_in("operator") as browser:
        post(browser, "/orders", **ORDER)
        site.pass_time()
        row = site.inspect()
        assert "I disagree" in browser.get("/part").text
        assert post(browser, "/part/disagree", inspection_id=row["inspection_id"], reason="made up").status_code == 409
        answer = post(browser, "/part/disagree", inspection_id=row["inspection_id"], reason="wrong_part")
        assert "It is a wrong part. The part is on hold." in browser.get(answer.headers["location"]).text
        site.pass_time()
    override, hold = site.events("override", "hold")
    assert override["operator"] == "operator"
    assert override["details"]["inspection_id"] == hold["details"]["inspection_id"] == row["inspection_id"]
    with queries.reading(site.folder) as log:
        assert queries.show(log, row["inspection_id"]) == row


def test_only_a_rejected_part_goes_into_the_red_bin(site: Flow) -> None:
    with site.signed_in("operator") as browser:
        rejected = site.inspect()
        assert post(browser, "/part/bin", inspection_id=rejected["inspection_id"]).status_code == 303
        assert "The part is in the red bin." in browser.get("/part").text
        post(browser, "/orders", **ORDER)
        site.pass_time()
        passed = site.inspect()
        assert post(browser, "/part/bin", inspection_id=passed["inspection_id"]).status_code == 409
        assert post(browser, "/part/bin", inspection_id="nothing").status_code == 404
        assert post(browser, "/part/bin", inspection_id="").status_code in (404, 422)


# bypass and verification


def test_a_bypass_needs_the_supervisors_pin_again_a_reason_and_an_end(site: Flow) -> None:
    site.station.verification = gate = Verified(3600.0, (), site.clock)
    with site.signed_in("supervisor") as browser:
        post(browser, "/orders", **ORDER)
        site.pass_time()
        form = {"reason": "no golden part is here", "minutes": "15", "pin": PIN}
        for changes in ({"pin": "0815"}, {"reason": "  "}):
            assert post(browser, "/bypass", "/bypass", **(form | changes)).status_code == 409
        assert post(browser, "/bypass", "/bypass", **(form | {"minutes": "0"})).status_code == 422
        assert gate.asks.endswith("Lay the golden part on the stage.")
        assert post(browser, "/bypass", "/bypass", **form).status_code == 303
        site.pass_time()
        row = site.inspect()
        assert row["verdict"] == Verdict.PASS
        assert row["verification"].startswith("bypassed by supervisor until ")
        assert post(browser, "/verify").status_code == 303
        site.pass_time()
        assert gate.asks == "supervisor has asked for it. Lay the golden part on the stage."
    kinds = [event["details"].get("why") or event["kind"] for event in site.events("pin_confirmed", "sign_in_refused")]
    assert kinds == ["wrong PIN", "pin_confirmed"]


# people


def test_a_change_of_role_or_pin_by_the_administrator_ends_the_sessions_of_that_person(site: Flow) -> None:
    with site.signed_in("administrator") as administrator:
        for path, form in (
            ("/people/role", {"role": "supervisor"}),
            ("/people/pin", {"pin": PIN}),
            ("/people/badge", {"badge": BADGE}),
        ):
            with site.signed_in("operator") as browser:
                assert browser.get("/orders").status_code == 200
                assert post(administrator, path, "/people", name="operator", **form).status_code == 303
                assert browser.get("/orders").status_code == 303
        assert site.accounts.sign_in_by_badge(BADGE).role is Role.SUPERVISOR
        added = post(administrator, "/people/add", "/people", name="Eva", role="operator", pin="2468")
        assert added.status_code == 303
        assert "2468" not in administrator.get("/people").text
        assert post(administrator, "/people/disable", "/people", name="Eva").status_code == 303
        with pytest.raises(AccountError):
            site.accounts.sign_in("Eva", "2468")
        own = post(administrator, "/people/disable", "/people", name="Administrator")
        assert (own.status_code, "your own account" in own.text) == (409, True)
    site.pass_time(5.0)
    assert [
        event["kind"] for event in site.events("role_changed", "pin_changed", "badge_changed", "person_disabled")
    ] == [
        "role_changed",
        "pin_changed",
        "badge_changed",
        "person_disabled",
    ]


def test_who_changes_the_own_pin_gives_the_old_one_and_signs_in_anew(site: Flow) -> None:
    with site.signed_in("operator") as browser:
        form = {"former": PIN, "wanted": "13579", "again": "13579"}
        for changes in ({"former": "0815"}, {"again": "13570"}, {"wanted": "1111", "again": "1111"}):
            assert post(browser, "/pin", "/pin", **(form | changes)).status_code == 409
        assert post(browser, "/pin", "/pin", **form).status_code == 303
        assert browser.get("/orders").status_code == 303
        assert sign_in(browser, "operator", "13579").status_code == 303


def test_a_session_ends_with_the_shift_also_for_the_records(site: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    with site.signed_in("operator"):
        site.pass_time()
        assert site.station.order.operator == "operator"
        monkeypatch.setattr("station.web.auth.Session.ends", -SHIFT, raising=False)
        site.pass_time()
        assert site.station.order.operator == ""


def test_a_demo_visitor_is_at_work_and_needs_no_pin(tmp_path: Path) -> None:
    site = Flow(tmp_path)
    with site.served(Person("Demo supervisor", Role.SUPERVISOR)), site.browser() as browser:
        site.pass_time()
        assert site.station.order.operator == "Demo supervisor"
        assert 'name="pin"' not in browser.get("/bypass").text
        assert post(browser, "/bypass", "/bypass", reason="to see it", minutes="15").status_code == 303
    site.close()


def test_times_of_acts_are_those_of_the_station(site: Flow) -> None:
    with site.signed_in("operator") as browser:
        post(browser, "/orders", **ORDER)
    site.pass_time()
    (event,) = site.events("order_begun")
    assert datetime.fromisoformat(event["details"]["done_at"]) <= site.clock.now()
