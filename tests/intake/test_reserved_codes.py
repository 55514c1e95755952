"""A code that is reserved is given to nobody: a file's row under it goes back, and the others enter."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import transaction
from django.utils import timezone

from goodstanding.intake import commands as intake
from goodstanding.intake.models import RejectedRow
from goodstanding.registry import commands
from goodstanding.registry.models import Entity
from goodstanding.registry.reserved_codes import reserve

from ..registry.factories import make_authority, uscc

COLUMNS = "TYSHXYDM,ZCH,ZZJGDM,MC,YWMC,ZTLB,LX,ZCRQ,XZQH,DZ,ZCZB,ZT,CYM,FDDBR"


@pytest.mark.usefixtures("database", "own_lake")
def test_a_row_under_a_reserved_code_goes_back(tmp_path: Path) -> None:
    kept, free = uscc(), uscc()
    with transaction.atomic():
        reserve([("uscc", kept)], at=timezone.now())
    authority = make_authority()
    account = commands.create_account(username="market", password=None, role="authority", authority=authority)
    path = tmp_path / "registration.csv"
    rest = ",法人及非法人组织,,2020-01-01,980101,,,存续,,"
    path.write_text(
        f"{COLUMNS}\n{kept},,,临湖市甲商贸有限公司,{rest}\n{free},,,临湖市乙商贸有限公司,{rest}\n"
    )
    batch = intake.receive(
        path=path,
        name=path.name,
        contract="registration",
        authority_id=authority.pk,
        account_id=account.pk,
        at=timezone.now(),
    )
    done = intake.run(batch.pk, today=timezone.localdate(), at_clock=timezone.now)
    assert (done.state, done.committed, done.rejected) == ("done", 1, 1)
    (reason,) = RejectedRow.objects.get().reasons
    assert reason["code"] == "link.code_reserved"
    assert list(Entity.objects.values_list("name", flat=True)) == ["临湖市乙商贸有限公司"]
