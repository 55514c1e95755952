"""``goodstanding generate``: write a small city's feeds."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from .progress import shown


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--entities", default=1_000, show_default=True, help="How many entities the city has.")
@click.option("--records", type=int, help="How many records; about three an entity when not given.")
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same bytes.")
@click.option(
    "--on",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day around which the records lie; today when not given.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the manifest as JSON.")
def generate(
    folder: Path, entities: int, records: int | None, seed: int, on: datetime | None, as_json: bool
) -> None:
    """Write the feeds of a fictional city, with the dirt that real feeds have, into FOLDER.

    \b
    Example:
      goodstanding generate ./city --entities 1000 --seed 7 --on 2026-11-22
    """
    from goodstanding.world import generate as write_city

    day = on.date() if on else date.today()
    with shown(as_json=as_json) as bar:
        done = bar("generating the city", None)
        manifest = write_city(folder, entities=entities, records=records, seed=seed, on=day, progress=done)
    if as_json:
        click.echo((folder / "manifest.json").read_text())
        return
    for file in manifest.files:
        click.echo(f"{file.rows:>10,} rows  {file.path}  ({file.contract})")
    click.echo(f"{sum(file.rows for file in manifest.files):>10,} rows in {folder}")
