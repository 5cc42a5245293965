"""The texts of the screens, as babel takes them out of templates and code, and the catalogues that answer for them.

`python -m tests.station.web.catalogue` writes into every catalogue what is new and takes out what is said no more.
"""

from __future__ import annotations

import sys
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

import station.web
from station.web.language import FOLDER, LANGUAGES

ROOT = Path(station.web.__file__).parent
METHODS = [("**.py", "python"), ("**.html", "jinja2.ext:babel_extract")]
KEYWORDS = {"_": None, "N_": None, "text": None, "texts": (1, 2), "ngettext": (1, 2)}
OPTIONS = {"**.html": {"silent": "false"}}
HEADER = "# The screens of the station."


def extracted() -> Catalog:
    """Every text that can be looked up."""
    catalogue = Catalog(project="station", header_comment=HEADER, fuzzy=False)
    found = extract_from_dir(ROOT, METHODS, OPTIONS, KEYWORDS)
    for _, _, message, _, _ in found:
        catalogue.add(message)
    return catalogue


def translated(language: str) -> Catalog:
    """The catalogue of a language. Raises PoFileError for what a station would complain of at each start."""
    with (FOLDER / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def main() -> None:
    template = extracted()
    for language in LANGUAGES.keys() - {"en"}:
        path = FOLDER / f"{language}.po"
        catalogue = translated(language) if path.exists() else Catalog(locale=language, header_comment=HEADER)
        catalogue.update(template, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        with path.open("wb") as file:
            write_po(file, catalogue, width=120, no_location=True, sort_output=True, omit_header=True)
        missing = [message.id for message in catalogue if message.id and not message.string]
        sys.stdout.write(f"{path.name}: {len(catalogue)} texts, {len(missing)} without a translation\n")


if __name__ == "__main__":
    main()
