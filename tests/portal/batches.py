"""Makes months of deliveries for the pages of batches and of quality: good, late, faulty, held and unreadable ones."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import yaml
from django.utils import timezone

from goodstanding.intake import commands
from goodstanding.intake.contract import SHIPPED
from goodstanding.intake.models import Batch
from goodstanding.registry.models import Account, Authority
from tests.intake.files import penalty, registration, write_csv
from tests.own_contracts import contracts_folder

from .stories import Town

PENALTIES = "double-publicity-penalties"
#: A contract of the installation's own: the same with thresholds.
STRICT = "strict-penalties"


@contextmanager
def thresholds() -> Iterator[None]:
    """A contract that holds files of which more than a tenth is faulty."""
    contract: Any = yaml.safe_load((SHIPPED / f"{PENALTIES}.yaml").read_text(encoding="utf-8"))
    contract["id"] = STRICT
    contract["customProperties"].append(
        {"property": "quality", "value": {"hold": {"validity": 90, "short": True}}}
    )
    with contracts_folder() as folder:
        (folder / f"{STRICT}.yaml").write_text(
            yaml.safe_dump(contract, allow_unicode=True, sort_keys=False), encoding="utf-8"
        )
        yield


def send(
    authority: Authority,
    rows: list[dict[str, str]],
    *,
    on: date,
    name: str,
    contract: str = PENALTIES,
    encoding: str = "utf-8",
) -> Batch:
    """One delivery as of noon of a day, taken in at once."""
    at = timezone.make_aware(datetime.combine(on, time(12)))
    with tempfile.TemporaryDirectory() as folder:
        path = write_csv(Path(folder) / name, contract, rows, encoding=encoding)
        batch = commands.receive(
            path=path,
            name=name,
            contract=contract,
            authority_id=authority.pk,
            account_id=Account.objects.filter(authority=authority).values_list("pk", flat=True).first(),
            at=at,
        )
    return commands.run(batch.pk, today=on, at_clock=lambda: at)


def a_year_of_deliveries(town: Town, *, on: date) -> dict[str, Batch]:
    """Monthly files of the market authority, of which some are late and faulty, then four that stand out."""
    code = town.firm.identifiers.get(scheme="uscc").value

    def rows(number: int, count: int, day: date, *, faulty: int = 0) -> list[dict[str, str]]:
        return [
            penalty(
                1000 * number + at,
                code,
                town.firm.name,
                town.market,
                CF_JDRQ="soon" if at < faulty else day.isoformat(),
                CF_YXQ="2099-12-31",
            )
            for at in range(count)
        ]

    for number in range(11):
        day = on - timedelta(days=30 * (11 - number))
        late = timedelta(days=40 if number % 3 == 0 else 2)
        send(town.market, rows(number, 24, day - late, faulty=number % 4 // 3 * 2), on=day, name=f"{day}.csv")
    day = on - timedelta(days=3)
    mixed = [*rows(20, 30, day, faulty=2), *rows(19, 3, day)[:1] * 2]
    mixed.append(penalty(20_900, code, "临湖市别人商贸有限公司", town.market, CF_JDRQ=day.isoformat()))
    found = {"mixed": send(town.market, mixed, on=day, name="处罚-本周.csv", encoding="gb18030")}
    with thresholds():
        bad = rows(21, 20, day, faulty=6)
        found["held"] = send(town.market, bad, on=day, name="处罚-待核.csv", contract=STRICT)
    found["unreadable"] = send(town.market, [], on=day, name="empty.csv")
    companies = [registration(code, town.firm.name, DZ=f"临湖市湖滨路{at}号") for at in range(5)]
    found["registration"] = send(
        town.environment,
        companies,
        on=on - timedelta(days=9),
        name="registration.csv",
        contract="registration",
    )
    return found
