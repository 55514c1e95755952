"""A contract of which a breaking version waits: for the authority that sent files, and for a subscriber."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.utils import timezone

from goodstanding.exchange import queries as exchange
from goodstanding.intake import contract_versions
from goodstanding.intake.contract import SHIPPED
from goodstanding.intake.contract_models import ContractVersion
from goodstanding.registry.models import Authority
from tests.intake.files import penalty, take_in, write_csv
from tests.own_contracts import contracts_folder
from tests.registry.factories import make_entity, uscc

ID = "double-publicity-penalties"
NAME = "临湖市契约商贸有限公司"


@contextmanager
def waiting_version(sender: Authority) -> Iterator[ContractVersion]:
    """Take a file in under the shipped version, then propose one that lacks a value and a column's room.

    Yields:
        The version that waits, 2.0.0; the folder with it stays while it lasts.
    """
    source = (SHIPPED / f"{ID}.yaml").read_text(encoding="utf-8")
    breaking = source.replace("version: 1.0.0", "version: 2.0.0", 1).replace("通报批评: criticism, ", "", 1)
    breaking = breaking.replace("maxLength: 10000", "maxLength: 400", 1)
    code = uscc(91)
    make_entity(NAME, identifiers=(("uscc", code),))
    with contracts_folder() as folder, tempfile.TemporaryDirectory() as scratch:
        path = write_csv(Path(scratch) / "本月处罚.csv", ID, [penalty(1, code, NAME, sender)])
        assert take_in(path, ID, sender).state == "done"
        (folder / f"{ID}.yaml").write_text(breaking, encoding="utf-8")
        on = timezone.localdate()
        subscribers = exchange.consumers(kind="penalty", on=on)
        yield contract_versions.propose(ID, subscribers=subscribers, on=on, at=timezone.now()).version
