"""Writing the document of an agreement from its parts. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from .agreement import CLAUSES, Agreement, checked

#: Working days that a draft gives the recipient where nothing else is said: correction, removal, deletion at the end.
DUTIES: Final = (3, 3, 10)


def compose(
    *,
    reference: str,
    provider: str,
    provider_key: bytes,
    subscriber: str,
    name_zh: str,
    name_en: str,
    recipient_key: bytes,
    kinds: Sequence[str] = (),
    items: Sequence[str] = (),
    divisions: Sequence[str] = (),
    fields: Sequence[str] | None = None,
    masking: Sequence[str] = (),
    purpose: str,
    legal_basis: str,
    methods: Sequence[str] = ("feed",),
    onward: Sequence[str] = (),
    duties: tuple[int, int, int] = DUTIES,
    suspension_days: int | None = None,
    canaries: bool = False,
    valid_from: date,
    valid_until: date | None = None,
    version: str = "1.0.0",
) -> Agreement:
    """The agreement of these parts; see ``agreement.Terms`` for what each means.

    Args:
        reference: its id. provider: the log's name. subscriber: the recipient's public id.
        fields: None for all. duties: working days for correction, removal, and deletion at the end.
        suspension_days: working days past the last day of a removal after which it is suspended by itself.
        canaries: whether canaries may be among what is sent.

    Raises:
        AgreementRefused: the parts make no agreement.
    """
    validity: dict[str, Any] = {"from": valid_from.isoformat()}
    if valid_until is not None:
        validity["until"] = valid_until.isoformat()
    correction, removal, deletion = duties
    terms: dict[str, Any] = {
        "nameZh": f"与{name_zh}的数据共享协议",
        "provider": {"name": provider, "key": provider_key.hex()},
        "recipient": {
            "subscriber": subscriber,
            "nameZh": name_zh,
            "nameEn": name_en,
            "key": recipient_key.hex(),
        },
        "scope": {
            "kinds": list(kinds),
            "items": list(items),
            "divisions": list(divisions),
            "fields": "all" if fields is None else list(fields),
            "masking": list(masking),
        },
        "method": methods[0] if len(methods) == 1 else list(methods),
        "legalBasis": legal_basis,
        "onwardTransfer": list(onward),
        "duties": {
            "correctionWorkingDays": correction,
            "removalWorkingDays": removal,
            "deletionWorkingDays": deletion,
        },
        "validity": validity,
    }
    if suspension_days is not None:
        terms["duties"]["suspensionWorkingDays"] = suspension_days
    if canaries:
        terms["probing"] = {"canaries": True}
    document = {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": reference,
        "name": f"Sharing agreement with {name_en or name_zh}",
        "version": version,
        "status": "active",
        "domain": "public credit information",
        "description": {"purpose": purpose},
        "slaProperties": [
            {"property": "frequency", "value": 1, "unit": "h"},
            {"property": "freshness", "value": 1, "unit": "d"},
        ],
        "customProperties": [{"property": CLAUSES, "value": terms}],
    }
    return checked(document, file=reference)
