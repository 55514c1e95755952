"""The command line. Each command has ``--help`` with an example, ``--json``, and exit codes for scripts.

Exit codes: 0 done; 1 done, but something needs a look (rejected rows, a check that failed); 2 wrong use or bad
input; 3 the system could not do it (no database, no server).
"""

from __future__ import annotations

import sys

import click
from django.db import OperationalError

from goodstanding.intake.errors import IntakeError
from goodstanding.registry.catalogue.errors import CatalogueRefused
from goodstanding.site.embedded_postgres import ServerError
from goodstanding.site.serve import ServeError
from goodstanding.world.errors import WorldError

from . import (
    accounts,
    agreement,
    anchor,
    batches,
    canary,
    cases,
    certificate,
    contract,
    demo,
    entities,
    federation,
    filter,
    findings,
    generate,
    intake,
    lake,
    law,
    link,
    log,
    map,
    mirror,
    probe,
    recipient,
    request,
    serve,
    status,
    subscribe,
    sweep,
    verify,
    witness,
)


class _Group(click.Group):
    """Bad input that a room refuses becomes its two sentences and exit status 2, in every command."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except (IntakeError, CatalogueRefused, WorldError) as error:
            click.echo(f"goodstanding: {error.en}\n{error.zh}", err=True)
            ctx.exit(2)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="goodstanding")
def group() -> None:
    """Goodstanding: the open platform for the public credit of organisations.

    \b
    Example:
      goodstanding demo              set up a small city, run the main job, serve the portal
      goodstanding status --json     what runs, with counts
    """


for command in (
    demo.demo,
    generate.generate,
    intake.take_in,
    intake.contracts,
    batches.batches,
    findings.findings,
    findings.snapshots,
    contract.contract,
    contract.catalogue,
    accounts.authority,
    accounts.account,
    accounts.token,
    subscribe.subscribe,
    agreement.agreement,
    request.request,
    federation.federation,
    recipient.recipient,
    mirror.mirror,
    probe.probe,
    canary.canary,
    witness.witness,
    verify.verify,
    law.law,
    lake.lake,
    link.link,
    log.log,
    anchor.anchor,
    map.map_,
    filter.filter_,
    cases.cases,
    certificate.certificate,
    entities.entities,
    serve.serve,
    serve.worker,
    serve.migrate,
    sweep.sweep,
    status.status,
):
    group.add_command(command)


def main() -> None:
    """Run the command line; expected failures become one sentence and an exit code."""
    try:
        group(prog_name="goodstanding")
    except (ServerError, ServeError) as error:
        click.echo(f"goodstanding: {error}", err=True)
        sys.exit(3)
    except OperationalError as error:
        click.echo(f"goodstanding: the database does not answer: {str(error).strip()}", err=True)
        sys.exit(3)
