"""The officer ends the shield of every record of an application with one ruling and one click."""

from __future__ import annotations

import uuid

from django.utils import timezone

from goodstanding.casework import commands
from goodstanding.registry.models import Record

from .stories import Town, signed_in


def test_one_click_completes_every_case_of_the_application_before_the_authority(town: Town) -> None:
    records = [town.records["open"], town.records["too_early"]]
    application = commands.ask_shield(
        actor=town.actor("firm"),
        records=[record.public_id for record in records],
        statement="临湖市中级人民法院已裁定批准重整计划，申请临时屏蔽。",
        key=uuid.uuid4(),
        at=timezone.now(),
        today=timezone.localdate(),
    )
    market, first = signed_in("market"), application.cases.order_by("pk")[0]
    for step, state in (("shield", Record.State.SHIELDED), ("complete", Record.State.RESTORED)):
        page = market.get(f"/case/{first.public_id}", headers={"accept-language": "en"}).content.decode()
        assert "The same for the other cases of this application that stand here: 1" in page
        first.refresh_from_db()
        sent = {"event": step, "version": first.version, "document": "（2026）临01破1号", "together": "yes"}
        assert market.post(f"/case/{first.public_id}/move", sent).status_code == 302
        for record in records:
            record.refresh_from_db()
        assert {record.state for record in records} == {state}
        page = market.get(f"/case/{first.public_id}", headers={"accept-language": "zh-hans"}).content.decode()
        assert ("计划执行期间尚未屏蔽的记录" in page) == (step == "shield")
