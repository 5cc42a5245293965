"""A certificate as a page: HTML for the screen and the printer, PDF for the box. Both say the same, in the same order.

Built without a browser: fpdf2 draws the PDF, segno the QR code.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

import segno
from fpdf import FPDF
from fpdf.enums import WrapMode

from station.certificate import Told, covers

FONT = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")  # every script of Europe; without it Latin-1 alone
BOLD = FONT.with_name("DejaVuSans-Bold.ttf")
MOST = 12  # acts, models … that a page names; the JSON beside it names all
SIMULATED = "SIMULATED. No real part was inspected."
COUNTED = {
    "inspected": "Inspected",
    "passed": "Passed",
    "rejected": "Rejected",
    "unsure": "Unsure",
    "released": "Released",
    "escapes": "Escapes found later",
    "verification_parts": "Golden and challenge parts",
}


def title(told: Told) -> str:
    """What it is about, in words."""
    [(name, value)] = told["about"].items()
    return f"{name.replace('_', ' ').capitalize()} {value}"


def lines(told: Told) -> Iterator[tuple[str, list[str]]]:
    """Heading and lines, for either page."""
    asked = ", ".join(told["part_numbers"])
    yield "Asked for", [f"Part number {asked}", *_some("Work order", told["work_orders"]), *_some("Lot", told["lots"])]
    span = f"{_local(told['first_at'])} to {_local(told['last_at'])}"
    clock = "" if told["clock_synchronised"] else " For some of the time the clock was not synchronised."
    yield "When and who", [f"{span}.{clock}", *_some("Operator", told["operators"]), *_some("Station", told["station"])]
    reasons = ", ".join(f"{reason.replace('_', ' ')}: {count}" for reason, count in told["reasons"].items())
    yield "Not passed because of", [reasons] if reasons else []
    for heading, name in (("Held", "held"), ("Released", "released"), ("Escapes found later", "escapes")):
        acts = [f"Record {act['record']}{_of(act['serial'])}{_by(act['by'])}: {act['reason']}" for act in told[name]]
        yield heading, _few(acts)
    yield "Escape bound", _few(told["bounds"])
    yield "Verification", _few(told["verifications"])
    yield "Model", _few(told["models"])
    yield "Calibration", _few(told["calibrations"])


def proof(told: Told) -> list[str]:
    """What proves it."""
    head = told["head"]
    last = told["records"][-1]
    said = [f"Record {last[0]}: {last[4]}"]
    if left_out := told.get("records_left_out"):
        said.append(f"{left_out} older records are not listed one by one; SHA-256 of all: {told['records_sha256']}")
    if head:
        said.append(f"Head of the chain, record {head['sequence']}: {head['record_hash']}")
        said.append(f"Signature of the head: {head['signature']}")
    if not covers(told):
        said.append("The newest records are not under a signed head yet; the certificate's own signature covers them.")
    return [*said, f"Signature of this certificate: {told['signature']}", f"Key (Ed25519): {told['fingerprint']}"]


def qr_text(told: Told) -> str:
    """What the QR code says: the last record and its hash."""
    sequence, *_, record_hash = told["records"][-1]
    return f"station record {sequence} sha256:{record_hash}"


def _some(name: str, values: Sequence[str]) -> list[str]:
    return [f"{name} {', '.join(_few(list(values)))}"] if values else []


def _few(values: list[str]) -> list[str]:
    return values if len(values) <= MOST else [*values[:MOST], f"and {len(values) - MOST} more, in the JSON file"]


def _of(serial: str) -> str:
    return f" (serial {serial})" if serial else ""


def _by(who: str) -> str:
    return f" by {who}" if who else ""


def _local(utc: str) -> str:
    return f"{datetime.fromisoformat(utc).astimezone():%Y-%m-%d %H:%M:%S %Z}"


def html(told: Told) -> str:
    """One page, whole in itself, for screen and print."""
    counts = "".join(f"<td><b>{told['counts'][name]}</b><br>{escape(word)}</td>" for name, word in COUNTED.items())
    parts = "".join(
        f"<h2>{escape(heading)}</h2>" + "".join(f"<p>{escape(line)}</p>" for line in said)
        for heading, said in lines(told)
        if said
    )
    simulated = f'<p class="simulated">{SIMULATED}</p>' if told["is_simulated"] else ""
    code = segno.make(qr_text(told), error="m").svg_inline(scale=3)
    said = "".join(f"<p>{escape(line)}</p>" for line in proof(told))
    return f"""<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title(told))}</title><style>
@page {{ size: A4; margin: 15mm }} body {{ font: 10pt sans-serif; max-width: 180mm; margin: auto; color: #222 }}
h1 {{ font-size: 18pt; margin: 0 }} h2 {{ font-size: 10pt; margin: 8pt 0 2pt }} p {{ margin: 0 0 2pt }}
table {{ width: 100%; border-collapse: collapse; margin: 8pt 0 }}
td {{ border: 1px solid #999; padding: 4pt; text-align: center }}
td b {{ font-size: 14pt }} .simulated {{ background: #b00020; color: #fff; font-weight: bold; padding: 6pt }}
.proof {{ font: 7pt monospace; overflow-wrap: anywhere; border-top: 1px solid #999; padding-top: 6pt }}
.proof svg {{ float: right; margin-left: 8pt }}</style>
<p>Certificate of inspection, made {escape(_local(told["made_at"]))}</p><h1>{escape(title(told))}</h1>{simulated}
<table><tr>{counts}</tr></table>{parts}<div class="proof">{code}{said}</div></html>"""


class _Page(FPDF):
    """A4 in the fonts that are there."""

    def __init__(self) -> None:
        super().__init__(format="A4")
        self.set_margins(15, 14)
        self.set_auto_page_break(auto=False)
        self.has_fonts = FONT.is_file() and BOLD.is_file()
        if self.has_fonts:
            self.add_font("body", "", FONT)
            self.add_font("body", "B", BOLD)
        self.family = "body" if self.has_fonts else "helvetica"
        self.add_page()

    def say(self, text: str, size: float, style: str = "", indent: float = 0.0, width: float = 0.0) -> None:
        if not self.has_fonts:
            text = text.encode("latin-1", "replace").decode("latin-1")
        self.set_font(self.family, style, size)
        self.set_x(self.l_margin + indent)
        self.multi_cell(
            width,
            size * 0.46,
            text,
            align="L",
            new_x="LMARGIN",
            new_y="NEXT",
            wrapmode=WrapMode.CHAR if width else WrapMode.WORD,
        )


def pdf(told: Told) -> bytes:
    """One page, A4. Small print grows smaller before anything is left out."""
    for size in (9.0, 8.0, 7.0, 6.0, 5.0):
        page = _draw(told, size)
        if page.get_y() < page.h - 12 or size == 5.0:
            break
    return bytes(page.output())


def _draw(told: Told, size: float) -> Any:
    page = _Page()
    page.set_title(title(told))
    page.set_creation_date(datetime.fromisoformat(told["made_at"]))
    page.say(f"Certificate of inspection, made {_local(told['made_at'])}", 9)
    page.say(title(told), 20, "B")
    if told["is_simulated"]:
        page.ln(1)
        page.set_fill_color(176, 0, 32)
        page.set_text_color(255, 255, 255)
        page.set_font(page.family, "B", 13)
        page.cell(0, 9, SIMULATED, fill=True, align="C", new_x="LMARGIN", new_y="NEXT")
        page.set_text_color(0, 0, 0)
    page.ln(3)
    _table(page, told)
    for heading, said in lines(told):
        if said:
            page.ln(size * 0.12)
            page.say(heading, size, "B")
            for line in said:
                page.say(line, size)
    page.ln(3)
    page.line(page.l_margin, page.get_y(), page.w - page.r_margin, page.get_y())
    page.ln(2)
    top, side = page.get_y(), 32
    code = io.BytesIO()
    segno.make(qr_text(told), error="m").save(code, kind="png", scale=6, border=1)
    page.image(code, x=page.w - page.r_margin - side, y=top, w=side)
    for line in proof(told):
        page.say(line, 6.5, width=page.epw - side - 4)
        page.ln(0.6)
    page.set_y(max(page.get_y(), top + side))
    return page


def _table(page: _Page, told: Told) -> None:
    width = page.epw / len(COUNTED)
    top = page.get_y()
    for place, (name, word) in enumerate(COUNTED.items()):
        left = page.l_margin + place * width
        page.rect(left, top, width, 15)
        page.set_xy(left, top + 1)
        page.set_font(page.family, "B", 15)
        page.cell(width, 7, str(told["counts"][name]), align="C")
        page.set_xy(left, top + 8.5)
        page.set_font(page.family, "", 6.5)
        page.multi_cell(width, 2.9, word, align="C")
    page.set_y(top + 17)
