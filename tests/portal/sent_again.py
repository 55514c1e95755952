"""Removed records that a source sends again, a removal that comes first, and a full list that waits."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from goodstanding.intake.models import Batch
from goodstanding.registry.commands import withdraw
from goodstanding.registry.models import Authority, Record
from tests.intake.change_files import LIST, own_contracts, send
from tests.intake.files import AT, penalty
from tests.registry.factories import make_entity


@contextmanager
def sent_again(bureau: Authority) -> Iterator[Batch]:
    """Plant all of it as sent by an authority; the contracts stay while it lasts.

    Yields:
        The batch of the list that waits. There is one finding of kind ``same``, one ``alike``, one early removal.
    """
    firm = make_entity("临湖市再来商贸有限公司")
    code = firm.identifiers.get(scheme="uscc").value
    rows = [penalty(number, code, firm.name, bureau) for number in range(1, 12)]
    with own_contracts(), tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        send(folder / "六月处罚.csv", rows[:2], bureau)
        for record in Record.objects.filter(entity=firm):
            withdraw(record_id=record.pk, at=AT)
        again = rows[0] | {"CF_WSH": "临市监罚（2026）第１号"}
        looks = rows[1] | {"CF_WSH": "临市监罚〔2026〕2号（补）", "CF_JDRQ": "2026-05-11"}
        first = rows[2] | {"BGLX": "撤销"}
        send(folder / "六月处罚重报.csv", [again, looks, first], bureau)
        listed = [penalty(number, code, firm.name, bureau) for number in range(101, 111)]
        send(folder / "五月名单.csv", listed, bureau, contract=LIST)
        others = [penalty(number, code, firm.name, bureau) for number in range(201, 211)]
        yield send(folder / "六月名单.csv", others, bureau, contract=LIST)
