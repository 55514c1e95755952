"""Fetching what the government holds, so that nobody is asked for it again: after the application, by the worker.

An application is taken at once, whether the holders answer or not; what is to be fetched is written down with its
cases. The worker asks the holder outside of any transaction, and what comes passes the checks and the scanner as every
file. What does not come stays asked for, with the reason, and is tried again a few times. Killed at any moment, a fetch
is asked again and its document written once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from goodstanding.registry.journal import NewEvent, append
from goodstanding.registry.models import Record

from . import evidence as files
from . import evidence_store
from .admission import lock_case
from .connectors import ConnectorError, Wanted, connectors
from .eligibility import verdict_of
from .errors import CaseworkError
from .evidence import CheckedEvidence, NewEvidence
from .holders import code_of, holder_of
from .models import Case, Evidence, Fetch
from .scanner import scan

log = logging.getLogger(__name__)

#: How long is waited after each failure; after the last one it is given up.
WAITS: Final = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))

_ABSENT: Final = ("The holder has no such document.", "持有单位没有该材料。")


def fetch_due(*, at_clock: Callable[[], datetime], limit: int = 20) -> int:
    """Ask for what is due, the longest waiting first; of a holder that does not answer, nothing more for a minute.

    Args:
        at_clock: the instant of each attempt.
        limit: the most to ask for.

    Returns:
        How many documents came.
    """
    due = Fetch.objects.filter(next_at__lte=at_clock()).select_related(
        "case__application", "case__record__entity", "case__record__authority"
    )
    documents, away = 0, set[str]()
    for fetch in due.order_by("next_at", "pk")[:limit]:
        if fetch.holder_zh not in away:
            came = _ask(fetch)
            documents += _write(fetch, came, at=at_clock())
            away |= {fetch.holder_zh} if came.away else set()
    if away:
        at = at_clock()
        Fetch.objects.filter(holder_zh__in=away, next_at__lte=at).update(next_at=at + WAITS[0])
    return documents


@dataclass(frozen=True, slots=True)
class _Came:
    """What an attempt brought: a document, or why none, and whether asking again makes sense."""

    document: CheckedEvidence | None = None
    state: str = Fetch.State.FOUND
    en: str = ""
    zh: str = ""
    away: bool = False


def _write(fetch: Fetch, came: _Came, *, at: datetime) -> bool:
    """Write what an attempt brought, once. Returns whether a document came of it."""
    with transaction.atomic():
        Record.objects.select_for_update(of=("self",)).get(pk=fetch.case.record_id)
        case = lock_case(fetch.case_id)
        held = Fetch.objects.select_for_update().get(pk=fetch.pk)
        if held.state != Fetch.State.WAITING or held.attempts != fetch.attempts:
            return False  # another worker was faster
        held.attempts += 1
        if case.ended_at is not None:
            came = _Came(
                state=Fetch.State.FAILED, en="The case ended before it came.", zh="案件已在取得前办结。"
            )
        if came.document is not None:
            held.evidence = _keep(held, case, came.document, at=at)
        elif came.state == Fetch.State.WAITING and held.attempts > len(WAITS):
            came = _Came(state=Fetch.State.FAILED, en=came.en, zh=came.zh)
        held.state, held.reason_en, held.reason_zh = came.state, came.en, came.zh
        held.next_at = at + WAITS[held.attempts - 1] if came.state == Fetch.State.WAITING else None
        held.save()
        if held.evidence is not None:
            said = {"case": str(case.public_id), "evidence": str(held.evidence.public_id)}
            told = NewEvent("evidence.fetched", said, entity_id=case.entity_id, record_id=case.record_id)
            append([told], at=at)
        return held.evidence is not None


def _ask(fetch: Fetch) -> _Came:
    """Ask the holder and look at what comes, outside of any transaction."""
    record, case = fetch.case.record, fetch.case
    connector, code = holder_of(fetch.material, record), code_of(record.entity_id)
    if connector is None:
        return _Came(
            state=Fetch.State.FAILED, en="Its holder is no longer connected.", zh="持有单位已不再接入。"
        )
    wanted = Wanted(fetch.material, code, record.document_no, str(record.public_id))
    try:
        content = connectors().fetch(connector, wanted)
    except ConnectorError as error:
        log.warning("%s could not be asked for %s: %s", fetch.holder_en, fetch.material, error)
        return _Came(
            state=Fetch.State.WAITING,
            en=f"{connector.holder_en}: {error.en}.",
            zh=f"{connector.holder_zh}：{error.zh}。",
            away=error.away,
        )
    if content is None:
        return _Came(state=Fetch.State.ABSENT, en=_ABSENT[0], zh=_ABSENT[1])
    rows = verdict_of(record, on=case.application.received_on).materials
    name = next((row.name_zh for row in rows if row.id == fetch.material), fetch.material)
    ending = files.extension_of(files.sniff(content) or "text/plain")
    document = NewEvidence(f"{name}.{ending}", "", content, fetch.material, record.public_id)
    try:
        scan([document])
        (checked,) = files.check([document], materials=frozenset({fetch.material}))
    except CaseworkError as error:
        again = error.code == "evidence.scanner"
        return _Came(
            state=Fetch.State.WAITING if again else Fetch.State.FAILED,
            en=f"What {connector.holder_en} sent is not taken: {error.en}",
            zh=f"{connector.holder_zh}提供的文件未予接收：{error.zh}",
        )
    return _Came(document=checked)


def _keep(fetch: Fetch, case: Case, document: CheckedEvidence, *, at: datetime) -> Evidence:
    evidence_store.keep({document.sha256: document.content})
    return Evidence.objects.create(
        application_id=case.application_id,
        case=case,
        material=fetch.material,
        name=document.name,
        media_type=document.media_type,
        size=len(document.content),
        kept_id=document.sha256,
        holder_en=fetch.holder_en,
        holder_zh=fetch.holder_zh,
        added_at=at,
    )
