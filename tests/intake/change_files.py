"""A contract whose rows say what they do, one that is a full list, and files under them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from goodstanding.intake.contract import SHIPPED
from goodstanding.intake.models import Batch
from goodstanding.registry.models import Authority
from tests.own_contracts import contracts_folder

from .files import take_in, write_csv

PENALTIES = "penalties-with-changes"
LIST = "penalties-as-list"

_COLUMN = """
      - name: BGLX
        businessName: 变更类型
        description: "What the row does; empty means that it reports."
        logicalType: string
        physicalType: text
        classification: public
        customProperties:
          - {property: nameEn, value: change}
          - {property: descriptionZh, value: 变更类型，未填视为新增。}
          - {property: codeList, value: change}

slaProperties:"""
_LIST = "      change: {新增: report, 更正: correct, 撤销: annul, 删除: redact, 屏蔽: redact}\n"


def _text(contract: str, *, clauses: str, changes: bool) -> str:
    text = (SHIPPED / "double-publicity-penalties.yaml").read_text(encoding="utf-8")
    text = text.replace("id: double-publicity-penalties", f"id: {contract}", 1)
    if changes:
        text = text.replace("\nslaProperties:", _COLUMN, 1)
        text = text.replace(
            "  - property: codeLists\n    value:\n", "  - property: codeLists\n    value:\n" + _LIST, 1
        )
    return text + clauses


@contextmanager
def own_contracts(*, missing: str = "ended") -> Iterator[None]:
    """Install both contracts as an installation installs its own; removed afterwards."""
    change = "  - property: change\n    value: {column: BGLX}\n"
    delivery = (
        f"  - property: delivery\n    value: {{form: snapshot, missing: {missing}, atLeastPercent: 50}}\n"
    )
    with contracts_folder() as folder:
        for name, text in (
            (PENALTIES, _text(PENALTIES, clauses=change, changes=True)),
            (LIST, _text(LIST, clauses=delivery, changes=False)),
        ):
            (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
        yield


def send(
    path: Path,
    rows: Iterable[Mapping[str, str]],
    sender: Authority,
    *,
    contract: str = PENALTIES,
    header: list[str] | None = None,
) -> Batch:
    """Write rows to a file and take it in."""
    return take_in(write_csv(path, contract, rows, header=header), contract, sender)


def key_of(row: Mapping[str, str], change: str) -> dict[str, str]:
    """A row that holds only the key and the subject's code of another one."""
    named = ("CF_XDR_SHXYM", "CF_WSH", "CF_CFJGDM", "CF_SJLYDM", "CF_JDRQ")
    return {name: row[name] for name in named} | {"BGLX": change}
