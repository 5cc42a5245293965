"""The screens in every language: nothing is left out of a catalogue, and what the station says itself is understood."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import jinja2
import pytest
from babel.messages import Message
from starlette.datastructures import Headers

import station
from station.accounts import _spoken
from station.bundles import Bundles
from station.errors import BundleError, OrderError
from station.masters import Master
from station.orders.store import Orders
from station.simulation import SimulatedClock
from station.types import Verdict
from station.verification import Verified
from station.watch import AGAIN, NUMBERS, REJECTED, UNSURE, Limits, measures
from station.web.language import HOLE, LANGUAGES, preferred, said, speaking, text, understood
from station.web.sentences import AT_A_PAGE, SENTENCES
from tests.station.web.catalogue import ROOT, extracted, translated

OTHERS = sorted(LANGUAGES.keys() - {"en"})
FOLDER = Path(station.__file__).parent
# whoever says something that a screen shows
SPEAKERS = (
    "recipe.py",
    "attempts.py",
    "loop.py",
    "cameras/freshness.py",
    "cameras/usb.py",
    "cameras/picamera.py",
    "simulation/camera.py",
    "simulation/line.py",
    "signals/chip.py",
    "signals/gpio.py",
    "signals/serial.py",
    "log/trouble.py",
    "log/store.py",
    "log/verify/chain.py",
    "log/verify/signatures.py",
    "log/verify/elsewhere.py",
    "log/verify/tables.py",
    "log/verify/database.py",
    "log/verify/pictures.py",
    "model.py",
    "acts.py",
    "wishes.py",
    "witness.py",
    "bay.py",
    "tuning.py",
    "cameras/v4l2.py",
    "calibrate.py",
    "../calibration/profile.py",
    "../calibration/steps/doubts.py",
    "../calibration/steps/ready.py",
    "../calibration/steps/lock.py",
    "../calibration/steps/dark.py",
    "../calibration/draft.py",
    "../calibration/steps/flat.py",
    "../calibration/steps/focus.py",
    "../calibration/steps/place.py",
    "../calibration/steps/stage.py",
    "../calibration/steps/judged.py",
    "../calibration/steps/sign.py",
    "../calibration/exposure.py",
    "../calibration/geometry.py",
    "../calibration/correct.py",
    "../calibration/controls.py",
    "../calibration/fitness.py",
)
# whoever refuses something, and a page tells why
REFUSERS = (
    "certificate.py",
    "log/proven.py",
    "log/queries.py",
    "log/keys.py",
    "desk.py",
    "accounts.py",
    "people.py",
    "orders/remarks.py",
    "orders/store.py",
)
WRITTEN_DOWN = "The part of the records"  # a note for the log, not for a screen
# verdicts, names, and what every language writes alike
AS_IT_IS = {"PASS", "REJECT", "UNSURE", "EPCIS 2.0", "Language", "⌫", "0"}


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_is_in_the_catalogue_and_no_other(language: str) -> None:
    def ids(messages: Iterator[Message]) -> set[str]:
        return {str(message.id) for message in messages if message.id}

    assert ids(iter(translated(language))) == ids(iter(extracted())), "python -m tests.station.web.catalogue"


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_is_translated_with_the_same_holes(language: str) -> None:
    for message in translated(language):
        if not message.id:
            continue
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        english = message.id if isinstance(message.id, str) else message.id[1]
        assert all(strings), f"{english} is not translated"
        assert not message.fuzzy
        holes = re.compile(r"\{\w+\}|%\(\w+\)s|</?\w+>")
        for string in strings:
            assert sorted(holes.findall(str(string))) == sorted(holes.findall(str(english)))


class Texts(HTMLParser):
    """What a template writes on a page in so many letters: outside of Jinja's braces, and in spoken attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        self.found += filter(None, (line.strip() for line in data.splitlines()))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [
            value for name, value in attrs if name in ("alt", "title", "aria-label", "placeholder") and value
        ]


@pytest.mark.parametrize("template", sorted(path.name for path in (ROOT / "templates").glob("*.html")))
def test_no_text_of_a_template_is_outside_the_catalogue(template: str) -> None:
    tokens = jinja2.Environment(extensions=["jinja2.ext.i18n"], trim_blocks=True).lex(
        (ROOT / "templates" / template).read_text()
    )
    html, is_translated = "", False
    block: list[str] = []
    for _, kind, value in tokens:
        if kind == "block_begin":
            block = []
        elif kind == "block_end":
            is_translated = "trans" in block or ("endtrans" not in block and is_translated)
        elif kind == "name":
            block.append(value)
        elif kind == "data" and not is_translated:
            html += value
        elif kind == "variable_begin":
            html += " "
    texts = Texts()
    texts.feed(html)
    plain = {text for text in texts.found if re.search(r"[A-Za-z]{2}", text)} - AS_IT_IS
    assert plain == set()


def sentences(path: Path) -> Iterator[str]:
    """Every sentence that a module has in it, with a word in each hole; docstrings are for readers of the code."""
    yield from _sentences(ast.parse(path.read_text()))


def refusals(path: Path) -> Iterator[str]:
    """Those alone that it raises."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Raise):
            yield from _sentences(node)


def _sentences(tree: ast.AST) -> Iterator[str]:
    inner = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            sentence = "".join(map(_worded, node.values))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inner:
            sentence = re.sub(r"\{[^}]*\}", "x", node.value)
        else:
            continue
        is_docstring = "\n" in sentence or sentence in documentation(tree)
        if not is_docstring and re.match(r"[A-Zx].* .*\.$", sentence):
            yield sentence


def _worded(part: ast.expr) -> str:
    """A piece of a sentence; for what is put in, a word."""
    if isinstance(part, ast.Constant):
        return str(part.value)
    return "expected is x" if "_wanted" in ast.unparse(part) else "x"


def documentation(tree: ast.AST) -> set[str]:
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef)
    found = (ast.get_docstring(node, clean=False) for node in ast.walk(tree) if isinstance(node, kinds))
    return {each for each in found if each}


def test_a_plain_answer_is_in_the_language_of_who_asks() -> None:
    """What a page answers in so many letters is looked up; so is what a request is refused with."""
    plain = []
    for path in sorted(ROOT.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or ast.unparse(node.func) not in ("PlainTextResponse", "_refusal"):
                continue
            words = " ".join(map(ast.unparse, node.args))
            if "language." not in words and "written(" not in words and "sentence" not in words:  # metrics; looked up
                plain.append(f"{path.name}:{node.lineno} {words}")
    assert plain == []


@pytest.mark.parametrize("module", SPEAKERS)
def test_every_sentence_that_a_screen_may_show_is_understood(module: str) -> None:
    said_there = [each for each in sentences(FOLDER / module) if not each.startswith(WRITTEN_DOWN)]
    assert said_there
    assert [each for each in said_there if not understood(each)] == []


@pytest.mark.parametrize("module", REFUSERS)
def test_every_refusal_that_a_page_may_show_is_understood(module: str) -> None:
    said_there = list(refusals(FOLDER / module))
    assert said_there
    assert [each for each in said_there if not understood(each)] == []


def test_why_there_is_no_certificate_is_told_in_ones_own_language_to_its_last_word() -> None:
    with speaking("ms"):
        told = said("The log in /data has no inspection of work order 4711; `station log search` finds what it has.")
    assert "pesanan kerja 4711" in told.lower()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("module", ["log/proven.py", "certificate.py", "desk.py"])
def test_a_refusal_names_a_page_where_there_is_no_terminal(module: str, language: str) -> None:
    """The log that holds nothing of what is asked for is told before (certificates.py)."""
    with speaking(language):
        shown = [said(each) for each in refusals(FOLDER / module) if "log search` finds what it has" not in each]
    assert shown
    assert [each for each in shown if "`" in each] == []


def test_a_page_tells_what_is_in_a_refusal_and_of_a_command_that_has_no_page_as_it_is() -> None:
    told = "Record 7 does not stand as it was recorded: see `station log verify`."
    assert said(told) == "Record 7 does not stand as it was recorded: see under Proof of the log."
    assert all("`" in command and "`" not in page for command, page in AT_A_PAGE.items())
    technicians = "The light is at 40% of its calibration; run `station calibrate`."
    assert said(technicians) == technicians


def test_that_a_bundle_without_a_name_is_gone_is_told_in_ones_own_language(tmp_path: Path) -> None:
    with pytest.raises(BundleError) as gone:
        Bundles(tmp_path).named("")
    with speaking("ms"):
        assert said(str(gone.value)).startswith("Berkas rekod ini tiada lagi di sini;")


def test_every_sentence_of_the_watch_is_understood() -> None:
    told = list(measures(Limits()).values())
    spoken = [each.format(then=0.5, now=0.25) + AGAIN for m in told for each in (m.risen, m.fallen) if each]
    spoken += [measure.beyond.format(now=0.25) for measure in told if measure.beyond]
    spoken += [each.format(count=NUMBERS[3], of=NUMBERS[10].lower()) for each in (UNSURE, REJECTED)]
    assert [each for each in spoken if not understood(each)] == []


@pytest.mark.parametrize("seconds", [30.0, 300.0])
def test_a_lock_out_is_told_in_ones_own_language(seconds: float) -> None:
    with speaking("ms"):
        told = said(f"Too many wrong PINs: wait {_spoken(seconds)}, or ask a supervisor.")
    assert "saat" in told or "minit" in told


@pytest.mark.parametrize(
    ("orders", "told"),
    [
        (
            "work_order;part;quantity",
            "baris 1: lajurnya ialah work_order, part_number, quantity, lot; part_number tiada",
        ),
        (
            "work_order,part_number,quantity\nW-1,1041-A",
            "baris 2: ia mempunyai 2 medan, sedangkan baris 1 menamakan 3 lajur",
        ),
        (
            "work_order,part_number,quantity\n,1041-A,5",
            "baris 2: bagi pesanan kerja, 1 hingga 40 aksara yang boleh dicetak",
        ),
        ("work_order,part_number,quantity\n", "baris 2: tiada pesanan di dalamnya"),
    ],
)
def test_why_a_file_of_orders_was_refused_is_told_in_ones_own_language(tmp_path: Path, orders: str, told: str) -> None:
    with pytest.raises(OrderError) as refused:
        Orders(tmp_path).take_in(orders, "monday.csv", "CSV import")
    with speaking("ms"):
        assert said(str(refused.value)).startswith(f"monday.csv ditolak, {told}.")


def test_why_nothing_is_bypassed_is_understood() -> None:
    clock = SimulatedClock()
    without_order = Verified(8 * 3600.0, (), clock)
    for gate, hours in ((without_order, 1), (Verified(8 * 3600.0, clock=clock), 13)):
        with pytest.raises(ValueError, match="bypass") as refused:
            gate.bypass("Eva", "G-1 is away", clock.now() + timedelta(hours=hours), clock.monotonic())
        assert understood(str(refused.value))


def test_sentences_in_a_row_are_each_understood_with_what_is_in_them() -> None:
    golden = Master("1041-A", Verdict.PASS, "GOLDEN-A")
    with speaking("ms"):
        told = said(f"The station has started. Lay the {golden} on the stage.")
    assert told == "Stesen telah bermula. Letakkan bahagian emas GOLDEN-A di pentas."


def test_a_sentence_that_begins_with_a_number_does_not_take_in_the_one_before_it() -> None:
    with speaking("ms"):
        told = said("1 of 2 golden placements did not pass. 0 of 2 challenge placements passed. Take the cap off.")
    assert told == ("1 daripada 2 letakan emas tidak lulus. 0 daripada 2 letakan cabaran lulus. Buka penutup kanta.")


def test_what_no_catalogue_knows_stays_as_it_is() -> None:
    with speaking("ms"):
        assert said("The moon is full.") == "The moon is full."
        assert said("The moon is full. The station has started.").startswith("The moon is full.")


def test_a_name_with_strange_signs_is_put_in_as_it_is() -> None:
    with speaking("ms"):
        assert said(r"This is \1{part}; expected is (A.") == r"Ini \1{part}; yang dijangka ialah (A."


def test_every_hole_has_a_name() -> None:
    assert all(HOLE.findall(each) or "{" not in each for each in SENTENCES)


@pytest.mark.parametrize(
    ("asked", "chosen", "language"),
    [
        ("ms-MY,ms;q=0.9,en;q=0.8", "", "ms"),
        ("de,ms", "", "ms"),
        ("de", "", "en"),
        ("", "", "en"),
        ("ms", "en", "en"),
        ("en", "ms", "ms"),
        ("en", "../ms", "en"),
        (",;=,", "", "en"),
    ],
)
def test_the_language_is_the_chosen_one_else_that_of_the_browser(asked: str, chosen: str, language: str) -> None:
    assert preferred(Headers({"accept-language": asked}), chosen) == language


def test_a_language_is_spoken_meanwhile_and_not_longer() -> None:
    with speaking("ms"):
        assert text("Ready") == "Sedia"
    assert text("Ready") == "Ready"
