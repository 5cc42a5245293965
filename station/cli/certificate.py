"""`station log certificate`: for a work order, a lot or a single part; and whether one holds."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from station.cli.output import emit, local


@click.command("certificate")
@click.option("--data", type=click.Path(path_type=Path), help="The data folder of the station.")
@click.option("--config", type=click.Path(path_type=Path), help="Its station.toml, where that names the bundle.")
@click.option("--work-order")
@click.option("--lot")
@click.option("--serial")
@click.option("--record", metavar="SEQUENCE|ID")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the JSON, PDF and HTML files; here by itself.")
@click.option("--check", type=click.Path(path_type=Path), metavar="FILE", help="Check the JSON of a certificate.")
@click.option(
    "--key", "trusted", multiple=True, metavar="FINGERPRINT", help="With --check: whose signature it must be."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def command(
    data: Path | None,
    config: Path | None,
    out: Path | None,
    check: Path | None,
    trusted: tuple[str, ...],
    as_json: bool,
    **about: str | None,
) -> None:
    """Make a certificate: one page as PDF and HTML, and JSON beside it, signed by the station.

    With --check FILE a certificate is checked instead; that needs no station and no data folder. Exit status 1 if it
    does not hold. Without --key it is only as good as the key that it names itself: compare the fingerprint.
    """
    asked = {name: value for name, value in about.items() if value}
    if check is not None and (data or asked):
        raise click.UsageError("--check needs the file alone.")
    if check is not None:
        _check(check, trusted, as_json)
    elif data is None or len(asked) != 1:
        raise click.UsageError("Name --data, and one of --work-order, --lot, --serial and --record.")
    else:
        _make(data, config, asked, out or Path(), as_json)


def _make(data: Path, config: Path | None, about: dict[str, str], out: Path, as_json: bool) -> None:
    from models.bars import Bars
    from station.certificate import certificate
    from station.certificate_page import html, pdf
    from station.config import load
    from station.errors import LogError
    from station.log import queries
    from station.types import SystemClock

    bars, configured = Bars(), config and load(config).bundle
    with queries.reading(data) as rows:
        try:
            told = certificate(rows, data, about, SystemClock().now(), configured, bars)
        finally:
            bars.close()
    [(name, value)] = about.items()
    safe = "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in value)
    stem = f"certificate-{name.replace('_', '-')}-{safe}"
    files = {
        "json": json.dumps(told, ensure_ascii=False, indent=1).encode(),
        "pdf": pdf(told),
        "html": html(told).encode(),
    }
    try:
        out.mkdir(parents=True, exist_ok=True)
        for kind, content in files.items():
            (out / f"{stem}.{kind}").write_bytes(content)
    except OSError as trouble:
        raise LogError(f"{out} cannot be written ({trouble.strerror}): name another folder with --out.") from trouble
    if as_json:
        emit(told)
    else:
        for kind in files:
            click.echo(out / f"{stem}.{kind}")


def _check(path: Path, trusted: tuple[str, ...], as_json: bool) -> None:
    from station.certificate import check
    from station.errors import LogError

    try:
        told = json.loads(path.read_bytes())
    except OSError as trouble:
        raise LogError(f"{path} cannot be read ({trouble.strerror}).") from trouble
    except ValueError:
        told = None
    wrong = check(told, trusted)
    if as_json:
        emit({"holds": not wrong, "wrong": wrong, "fingerprint": told.get("fingerprint") if not wrong else None})
    elif wrong:
        click.echo("\n".join(wrong))
    else:
        [(name, value)] = told["about"].items()
        simulated = " SIMULATED: no real part was inspected." if told["is_simulated"] else ""
        click.echo(
            f"The certificate of {name.replace('_', ' ')} {value}, made {local(told['made_at'])}, holds.{simulated}"
        )
        click.echo(
            f"Signed by the key {told['fingerprint']}" + ("." if trusted else "; compare it with the station's.")
        )
    sys.exit(1 if wrong else 0)
