"""The technician's pages over a real socket: calibrations, trend and study, from what lies in a data folder."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from calibration.agreement import Limits
from calibration.profile import Profile, Profiles
from station.changeover import Changeover
from station.log import queries
from station.masters import UNNAMED
from station.orders.order import Stage, fit_order
from station.orders.store import Orders, wanted
from station.people import Role
from station.recalibrated import Recalibrated
from station.shadow import together
from station.stage import WARNED, WARNED_OVER
from station.study import Kept, judged
from station.study_log import LogStudy, limits_of
from station.trend import Day, Trend
from station.types import Inspection, Order, Reason, Verdict
from station.web.auth import READS
from station.web.history import CHOSEN
from station.witness import Witness
from tests.station.calibrating import Calibrating
from tests.station.factories import AT
from tests.station.log.samples import judged as inspected
from tests.station.web.desk import pictures
from tests.station.web.site import Site, add_people, running, token_of

LIGHT = "The light is at +8% against its calibration (±10%): look at lamp and room light, before it is too much."
PLAN = {
    "name": "STUDY-1",
    "part_number": "1041-A",
    "good": "G1\nG2",
    "wrong": "W1, W2",
    "people": "Ann, Bo",
    "trials": "1",
    "effectiveness": "90",
    "miss": "2",
    "false_alarm": "5",
    "kappa": "0.75",
}


@pytest.fixture(scope="module")
def calibrated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Profile]:
    """A whole calibration, as the wizard leaves it, and its folder."""
    calibrating = Calibrating(tmp_path_factory.mktemp("whole"))
    return calibrating.folder, calibrating.calibrated()


@pytest.fixture
def site(tmp_path: Path, calibrated: tuple[Path, Profile]) -> Iterator[Site]:
    """A station that has a quick calibration, 0001, in use, and beside it a whole one, 0002, and a quick one, 0003."""
    site = Site(tmp_path)
    add_people(site)
    profiles, whole = Profiles(site.folder / "calibration"), calibrated[1]
    camera = site.station.camera
    assert camera.size is not None
    whole = replace(whole, camera=camera.name, frame=camera.size, settings={}, asked={})
    profiles.save(replace(whole, settings={"exposure": 6880.0, "gain": 2.0}, asked={"exposure": 6880.0, "gain": 4.0}))
    quick = site.station.model.profile
    assert quick is not None
    profiles.save(replace(quick, made_by="<Tan> & Co", figures={**whole.figures, "falloff": 0.5}))
    if profiles.choice() is None:
        profiles.use(1, "test", "")
    site.station.between = together(
        Recalibrated(site.folder / "calibration").look,
        Changeover(site.folder, lambda part: UNNAMED).look,
        Witness(site.folder).look,
    )
    with site.served():
        yield site
    site.close()


@pytest.fixture
def browser(site: Site) -> Iterator[httpx.Client]:
    with site.signed_in("technician") as browser:
        yield browser


def post(browser: httpx.Client, path: str, page: str, **form: str) -> httpx.Response:
    return browser.post(path, data={"token": token_of(browser.get(page))} | form, follow_redirects=True)


# calibrations


def test_the_history_shows_number_time_hand_hash_and_that_it_is_simulated(site: Site, browser: httpx.Client) -> None:
    page = browser.get("/calibrations").text
    heads = [Profiles(site.folder / "calibration").head(number) for number in (3, 2, 1)]
    assert [page.index(f'<b class="large">{head.number:04d}</b>') for head in heads] == sorted(
        page.index(f'<b class="large">{head.number:04d}</b>') for head in heads
    )
    for head in heads:
        assert head.sha256[:16] in page
    assert "by &lt;Tan&gt; &amp; Co" in page
    assert page.count("Simulated") >= 3
    assert page.count("in use") == 1


def test_one_calibration_is_shown_whole_with_its_pictures_and_asked_against_got(
    site: Site, browser: httpx.Client
) -> None:
    page = browser.get("/calibration?n=2").text
    profile = Profiles(site.folder / "calibration").load(2)
    assert profile.sha256 in page
    assert re.search(r">exposure</th><td class=\"number\">6880</td><td class=\"number\">6880</td><td>as asked", page)
    assert re.search(r">gain</th><td class=\"number\">4</td><td class=\"number\">2</td><td><b>not as asked", page)
    assert f"{profile.figures['falloff'] * 100:.4g} %" in page
    pictures = re.findall(r'src="(/calibration/picture[^"]+)"', page)
    assert [re.search(r"which=(\w+)", each)[1] for each in pictures] == ["before", "ground", "part", "gain"]  # type: ignore[index] # it is there
    for each in pictures:
        answer = browser.get(each.replace("&amp;", "&"))
        assert answer.content.startswith(b"\x89PNG")


def test_two_calibrations_stand_side_by_side_and_what_differs_is_marked(browser: httpx.Client) -> None:
    page = browser.get("/calibration/compare?first=2&second=3").text
    rows = {row: "differs" in row.split(">")[0] for row in page.split("<tr")}
    (falloff,) = [row for row in rows if "Fall-off of the light" in row]
    (scale,) = [row for row in rows if ">Scale " in row]
    assert rows[falloff]
    assert "50<" in falloff
    assert not rows[scale]


def test_a_technician_puts_one_in_use_with_a_reason_and_the_station_has_to_be_verified_again(
    site: Site, browser: httpx.Client
) -> None:
    asked: list[str] = []
    site.station.verification.restart = lambda why, by="": asked.append(why)  # type: ignore[method-assign] # it listens
    with running(site):
        page = post(browser, "/calibration/use", "/calibration?n=3", n="3", reason=" yesterday's lamp is back ")
    assert CHOSEN["yes"] in page.text
    assert asked == ["Another calibration is in use"]
    assert site.station.model.profile is not None
    assert site.station.model.profile.number == 3
    with queries.reading(site.folder) as rows:
        (event,) = queries.events(rows, kinds=["calibration"])
    assert event["operator"] == "technician"
    assert event["details"]["reason"] == "yesterday's lamp is back"
    assert event["details"]["calibration"].startswith("0003 sha256:")


def test_what_cannot_be_used_is_refused_in_words_and_the_former_stays(
    site: Site, browser: httpx.Client, calibrated: tuple[Path, Profile]
) -> None:
    profiles = Profiles(site.folder / "calibration")
    other = profiles.save(replace(calibrated[1], camera="another camera 640×360")).number
    for number, reason, said in (
        ("3", "  ", "It needs a reason"),
        (str(other), "why", "was made with another camera 640×360"),
        ("77", "why", "no such calibration"),
    ):
        page = browser.post(
            "/calibration/use",
            data={"token": token_of(browser.get("/calibration?n=3")), "n": number, "reason": reason},
        )
        assert page.status_code in (404, 409)
        assert said in page.text
    disobeyed = profiles.save(replace(profiles.load(1), settings={"exposure": 99_999.0})).number
    with running(site):
        page = post(browser, "/calibration/use", "/calibration?n=3", n=str(disobeyed), reason="a brighter lamp")
    assert CHOSEN["no"] in page.text
    assert site.station.model.profile is not None
    assert site.station.model.profile.number == 1


def test_a_damaged_calibration_is_told_in_the_history_and_never_put_in_use(site: Site, browser: httpx.Client) -> None:
    folder = site.folder / "calibration"
    (folder / "0003" / "profile.json").write_text("{")
    (folder / "0002" / "empty.png").write_bytes(b"no picture")
    assert "Calibration 0003 cannot be read" in browser.get("/calibrations").text
    for number, said in (("3", "cannot be read"), ("2", "is damaged")):
        answer = browser.get(f"/calibration?n={number}")
        assert answer.status_code == 404
        assert said in answer.text
        token = token_of(browser.get("/calibration?n=1"))
        assert browser.post("/calibration/use", data={"token": token, "n": number, "reason": "x"}).status_code == 404
    shutil.rmtree(folder)
    assert "never been calibrated" in browser.get("/calibrations").text


@pytest.mark.parametrize("role", list(Role))
def test_only_a_technician_sees_the_forms(site: Site, role: Role) -> None:
    with site.signed_in(role.value) as browser:
        for path, action in (("/calibration?n=3", "/calibration/use"), ("/study", "/study")):
            page = browser.get(path)
            assert (page.status_code == 200) == (role in READS)
            assert (f'method="post" action="{action}"' in page.text) == (role is Role.TECHNICIAN)


# the trend


def table(site: Site, **days: tuple[float, float, float]) -> None:
    trend = Trend(site.folder / "calibration")
    for day, (mean, least, most) in days.items():
        name = day[1:].replace("_", "-")
        for measure, limit in (("light", 0.1), ("shift", 1.0)):
            trend._days[name, measure, 1] = Day(name, measure, 1, 9, mean, least, most, limit)
    trend.write()


def test_the_trend_draws_each_measure_with_its_limits_and_says_how_it_lies(site: Site, browser: httpx.Client) -> None:
    table(
        site,
        d2026_01_03=(0.01, 0.0, 0.02),
        d2026_01_04=(0.05, 0.01, 0.08),
        d2026_01_05=(0.09, 0.05, 0.12),
    )
    site.log.note("calibration", "calibration 0001 is active", calibration="0001 sha256:x")
    page = browser.get("/trend?days=30").text
    light = page[page.index("<figure") : page.index("</figure>")]
    assert [light.count(f'class="{state}"') for state in ("within", "near", "beyond")] == [1, 1, 1]
    assert light.count('class="limit"') == 2
    assert light.count('class="warning"') == 2
    assert light.count('class="calibrated"') == 1
    assert "+9.0 % (+5.0 % … +12.0 %)" in light
    assert "beyond its limit" in light
    assert page.count("<figure") == 2
    assert '<td class="number whole-number">±10.0 %</td>' in page


def test_what_is_near_a_limit_is_told_to_the_technician_and_not_to_the_operator(site: Site) -> None:
    site.log.note(WARNED, LIGHT, measure="light", value=0.08, most=0.1)
    for role in Role:
        with site.signed_in(role.value) as browser:
            first = browser.get("/operator").text
            assert ("Light or camera is near a limit" in first) == (role is Role.TECHNICIAN)
            assert "look at lamp and room light" not in first
            trend = browser.get("/trend")
            assert (trend.status_code == 200) == (role in READS)
            assert (LIGHT.replace("+", "+") in trend.text) == (role in READS)


def test_an_empty_stage_that_nobody_watches_is_told_to_who_answers_for_it(site: Site) -> None:
    """A quick calibration leaves nothing to hold the empty stage against: no drift of it closes the gate."""
    for is_real in (False, True):
        site.station.is_simulated = not is_real
        for role in Role:
            with site.signed_in(role.value) as browser:
                tends = is_real and role in (Role.TECHNICIAN, Role.SUPERVISOR)
                assert ("The empty stage is not watched" in browser.get("/operator").text) == tends
                trend = browser.get("/trend").text
                assert ("The empty stage is not watched" in trend) == (is_real and role in READS)


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (WARNED_OVER, {"measure": "light"}),
        ("calibration", {"calibration": "0002 sha256:x"}),
        ("start", {}),
    ],
)
def test_what_is_over_is_told_no_more(site: Site, browser: httpx.Client, kind: str, told: dict[str, str]) -> None:
    site.log.note(WARNED, LIGHT, measure="light", value=0.08, most=0.1)
    site.log.note(kind, "it is over", **told)
    assert "look at lamp and room light" not in browser.get("/trend").text


def test_what_is_near_a_limit_is_told_still_when_the_station_has_come_back_from_a_fault(
    site: Site, browser: httpx.Client
) -> None:
    site.log.note(WARNED, LIGHT, measure="light", value=0.08, most=0.1)
    site.log.note("fault", "the camera was unplugged")
    site.log.note("start", "it is ready")
    assert "look at lamp and room light" in browser.get("/trend").text


# the study


def lay(site: Site, verdict: Verdict = Verdict.PASS, reason: Reason = Reason.NONE, **changes: object) -> Inspection:
    """What the running station records of a placement."""
    lay.count = getattr(lay, "count", 0) + 1  # type: ignore[attr-defined] # a later time each
    inspection = inspected(
        acquired_at=AT + timedelta(minutes=lay.count),  # type: ignore[attr-defined] # as above
        order=Order("1041-A", work_order="STUDY-1"),
        verdict=verdict,
        reason=reason,
        model=site.station.model.name,
        measures={"verified": 1.0},
    )
    return site.log.log.append(replace(inspection, **changes), pictures(lay.count))  # type: ignore[arg-type, attr-defined] # what a test names


def begun(site: Site, browser: httpx.Client, **changes: str) -> httpx.Response:
    page = post(browser, "/study", "/study", **(PLAN | changes))
    assert page.status_code == 200, page.text
    assert "The study rests" in page.text
    with running(site):
        post(browser, "/study/on", "/study?name=STUDY-1", name="STUDY-1")
        site.until(lambda: site.station.order.work_order == "STUDY-1")
    return browser.get("/study?name=STUDY-1")


def asked(page: httpx.Response) -> str:
    found = re.search(r'Lay the piece <b class="whole">([^<]+)</b>', page.text)
    return found[1] if found else ""


def take(browser: httpx.Client) -> httpx.Response:
    page = browser.get("/study?name=STUDY-1")
    number = re.search(r'name="number" value="(\d+)"', page.text)
    assert number
    return post(browser, "/study/take", "/study?name=STUDY-1", name="STUDY-1", number=number[1])


def test_from_the_plan_over_records_of_the_running_station_to_the_page_for_the_audit(
    site: Site, browser: httpx.Client
) -> None:
    lay(site)  # before it began: it counts for nothing
    page = begun(site, browser)
    known = LogStudy(site.folder, "STUDY-1").known()
    for number, (who, _, piece) in enumerate(known.plan.rounds()):
        assert asked(page) == piece.name
        assert f"{who}, trial 1 of 1" in page.text
        assert not browser.get("/study/now?name=STUDY-1").json()["is_there"]
        is_missed = (who, piece.name) == ("Bo", "W1")
        passes = piece.is_good or is_missed
        record = lay(site, *((Verdict.PASS,) if passes else (Verdict.REJECT, Reason.WRONG_PART)))
        assert browser.get("/study/now?name=STUDY-1").json() == {
            "number": number,
            "is_there": True,
            "again": "",
            "unverified": False,
        }
        page = take(browser)
        assert f'href="/record?n={record.sequence}"' in page.text
    assert "Every piece was laid" in page.text
    report = browser.get("/study/report?name=STUDY-1").text
    assert "The limits are NOT met." in report
    assert "Not met by Bo: misses at most 2%." in report
    assert "SIMULATED" in report
    assert "NOT COMPLETE" not in report
    kept = Kept(site.folder, "STUDY-1").read()  # `station study report` reads the same
    assert kept is not None
    found = judged(kept.plan, kept.done, limits_of(kept))
    assert (found.all.miss.count, found.all.miss.of) == (1, 4)
    assert f"{100 * found.all.miss.value:.1f} %" in report
    assert f"{found.all.kappa.value:.2f}" in report
    post(browser, "/study/leave", "/study?name=STUDY-1", name="STUDY-1")
    order = Orders(site.folder).find("STUDY-1")
    assert order is not None
    assert order.stage == "closed"


def test_what_verifies_the_station_or_shows_nothing_is_no_placement(site: Site, browser: httpx.Client) -> None:
    page = begun(site, browser)
    first = asked(page)
    lay(site, Verdict.REJECT, Reason.WRONG_PART, measures={"verified": 0.0})
    assert browser.get("/study/now?name=STUDY-1").json() == {
        "number": 0,
        "is_there": False,
        "again": "",
        "unverified": False,
    }
    lay(site, Verdict.UNSURE, Reason.POOR_PICTURE, advice="Move it to the middle.")
    assert browser.get("/study/now?name=STUDY-1").json()["again"] == "Move it to the middle."
    lay(site, order=Order("1041-A", work_order="another"))
    page = take(browser)
    assert asked(page) == first
    lay(site)
    assert asked(take(browser)) != first


def test_of_two_that_were_laid_neither_counts(site: Site, browser: httpx.Client) -> None:
    first = asked(begun(site, browser))
    lay(site)
    lay(site, Verdict.REJECT, Reason.WRONG_PART)
    page = take(browser)
    assert page.status_code == 409
    assert "nobody can say which was the piece" in page.text
    assert asked(page) == first
    lay(site)
    assert len(LogStudy(site.folder, "STUDY-1").known().done) == 0
    assert take(browser).status_code == 200
    assert len(LogStudy(site.folder, "STUDY-1").known().done) == 1


def test_a_study_is_left_and_resumed_and_what_was_laid_meanwhile_counts_for_nothing(
    site: Site, browser: httpx.Client
) -> None:
    begun(site, browser)
    lay(site)
    second = asked(take(browser))
    page = post(browser, "/study/leave", "/study?name=STUDY-1", name="STUDY-1")
    assert "The study rests" in page.text
    lay(site)
    assert not browser.get("/study/now?name=STUDY-1").json()["is_there"]
    with running(site):
        post(browser, "/study/on", "/study?name=STUDY-1", name="STUDY-1")
    page = browser.get("/study?name=STUDY-1")
    assert asked(page) == second
    assert not browser.get("/study/now?name=STUDY-1").json()["is_there"]


def test_the_last_placement_is_taken_back_and_a_second_tablet_takes_none_twice(
    site: Site, browser: httpx.Client
) -> None:
    first = asked(begun(site, browser))
    lay(site)
    form = {"name": "STUDY-1", "number": "0"}
    for _ in range(2):  # two tablets saw the same
        post(browser, "/study/take", "/study?name=STUDY-1", **form)
    study = LogStudy(site.folder, "STUDY-1")
    assert len(study.known().done) == 1
    page = post(browser, "/study/back", "/study?name=STUDY-1", name="STUDY-1")
    assert asked(page) == first
    assert study.known().done == []
    assert not browser.get("/study/now?name=STUDY-1").json()["is_there"]
    assert [trial.piece for trial in study.known().taken_back] == [first]
    lay(site)
    take(browser)
    assert "1 placements were taken back and laid again" in browser.get("/study/report?name=STUDY-1").text
    with running(site):
        site.until(lambda: len(acts(site)) == 5)
    told = ("Planned", "Went on with", "Took a placement for", "Took back a placement of", "Took a placement for")
    assert acts(site)[::-1] == [f"{each} the study STUDY-1" for each in told]


def acts(site: Site) -> list[str]:
    """What people did about studies, as the log tells it, newest first."""
    with queries.reading(site.folder) as log:
        return [event["message"] for event in queries.events(log, kinds=("study",))]


def test_a_work_order_of_production_is_never_run_as_a_study(site: Site, browser: httpx.Client) -> None:
    post(browser, "/study", "/study", **PLAN)
    Orders(site.folder).add(fit_order("STUDY-1", "1041-A", "5"), by="test")
    page = post(browser, "/study/on", "/study?name=STUDY-1", name="STUDY-1")
    assert page.status_code == 409
    assert "is one of production" in page.text


def test_a_technician_begins_the_order_of_a_study_and_neither_begins_nor_closes_any_other(
    site: Site, browser: httpx.Client
) -> None:
    orders = Orders(site.folder)
    orders.add(fit_order("4711", "1041-A", "5"), by="test")
    begun(site, browser)
    begun_last = wanted(site.folder)
    assert begun_last.order is not None
    assert (begun_last.order.work_order, begun_last.by) == ("STUDY-1", "technician")
    for name in ("4711", "STUDY-1"):
        for path in ("/orders", "/order/close", "/api/order", "/api/order/close"):
            answer = browser.post(path, data={"token": token_of(browser.get("/study")), "work_order": name})
            assert answer.status_code == 403, path
            assert "not for the technician" in answer.text
    assert [(each.work_order, each.stage) for each in orders.all()] == [
        ("STUDY-1", Stage.RUNNING),
        ("4711", Stage.WAITING),
    ]


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.TECHNICIAN])
def test_nobody_but_a_technician_begins_the_order_of_a_study(site: Site, browser: httpx.Client, role: Role) -> None:
    post(browser, "/study", "/study", **PLAN)
    with site.signed_in(role.value) as other:
        answer = other.post("/study/on", data={"token": token_of(other.get("/pin")), "name": "STUDY-1"})
    assert answer.status_code == 403
    assert f"not for the {role.value}" in answer.text
    assert Orders(site.folder).find("STUDY-1") is None


def test_a_placement_judged_by_another_bundle_is_refused(site: Site, browser: httpx.Client) -> None:
    begun(site, browser)
    lay(site, model="another sha256:0")
    page = take(browser)
    assert page.status_code == 409
    assert "Another bundle is in use than the study was begun with" in page.text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": "../people"}, "A study is named by"),
        ({"wrong": ""}, "needs good parts and wrong ones"),
        ({"wrong": "G1"}, "a name of their own"),
        ({"people": ""}, "Name one to"),
        ({"trials": "x"}, "laid 1 to 20 times"),
        ({"trials": "9" * 400}, "laid 1 to 20 times"),
        ({"miss": "120"}, "A limit is a number"),
        ({"kappa": "nan"}, "A limit is a number"),
        ({"part_number": "unheard"}, "The bundle in use knows"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_in_words_and_what_was_typed_stays(
    site: Site, browser: httpx.Client, change: dict[str, str], said: str
) -> None:
    answer = post(browser, "/study", "/study", **(PLAN | change))
    assert answer.status_code == 409
    assert said in answer.text
    assert "Ann, Bo" in answer.text or "people" in change
    assert not (site.folder / "studies").exists()


def test_a_damaged_study_or_one_that_is_not_there_breaks_no_page(site: Site, browser: httpx.Client) -> None:
    (site.folder / "studies").mkdir()
    (site.folder / "studies" / "BAD.jsonl").write_text('{"plan"')
    assert "BAD" not in browser.get("/study").text
    for path in ("/study?name=BAD", "/study?name=NONE", "/study/report?name=BAD", "/study/report"):
        answer = browser.get(path)
        assert answer.status_code == 404
        assert "study" in answer.text
    assert browser.get("/study/now?name=BAD").json()["number"] == -1


def test_the_limits_of_the_plan_are_those_of_the_report(site: Site, browser: httpx.Client) -> None:
    begun(site, browser, miss="50", effectiveness="10", false_alarm="60", kappa="0")
    assert limits_of(LogStudy(site.folder, "STUDY-1").known()) == Limits(0.1, 0.5, 0.6, 0.0)


Check = Callable[[], bool]
