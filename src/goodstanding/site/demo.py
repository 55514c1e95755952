"""The main job on a small generated city, end to end, with nothing left out.

Each step is remembered in ``demo/state.json``, so an interrupted demo goes on where it stopped and a second
start only serves. The logins' passwords are drawn at the first start and kept in ``demo/logins.json``.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.utils import timezone

from goodstanding import proof
from goodstanding.casework import commands as casework
from goodstanding.casework import objections
from goodstanding.casework import queries as cases
from goodstanding.casework.models import Case
from goodstanding.exchange import commands as exchange
from goodstanding.exchange import queries as exchange_queries
from goodstanding.registry import commands as registry
from goodstanding.registry import queries as registry_queries
from goodstanding.registry.actor import Actor, actor_of
from goodstanding.registry.models import Account, Authority, Entity, Record

from .embedded_postgres import cluster_in
from .home import home

#: How long the mirror may take to receipt the demo's removal, in seconds, before the demo calls it a failure.
RECEIPT_PATIENCE = 60.0


class DemoError(Exception):
    """The demo cannot go on; the sentence says why."""


@dataclass
class State:
    """What the demo has done so far, kept in a file that is replaced whole."""

    path: Path
    done: dict[str, Any]

    @classmethod
    def load(cls) -> State:
        """The state of this installation's demo."""
        folder = home() / "demo"
        folder.mkdir(exist_ok=True, mode=0o700)
        path = folder / "state.json"
        return cls(path, json.loads(path.read_text()) if path.exists() else {})

    def once(self, step: str, work: Callable[[], Any]) -> Any:
        """Do a step unless it is done, and remember what it returned (plain data)."""
        if step not in self.done:
            self.done[step] = work()
            fresh = self.path.with_suffix(".new")
            fresh.write_text(json.dumps(self.done, ensure_ascii=False, indent=2))
            fresh.replace(self.path)
        return self.done[step]


def folder() -> Path:
    """Where the demo keeps its city, its logins and its mirror."""
    return home() / "demo"


def refuse_a_used_registry(state: State) -> None:
    """Never mix a demo into somebody's data."""
    if not state.done and Entity.objects.exists():
        raise DemoError(
            "this database already holds entities that the demo did not make; name an empty one in DATABASE_URL, "
            f"or, if it is the embedded one and nobody needs it, remove {cluster_in(home() / 'postgres').folder}"
        )


def make_logins() -> dict[str, dict[str, str]]:
    """Create one login a role, for an entity that has something to restore and the authority that decides it."""
    record = restorable_record(timezone.localdate())
    person = Entity.objects.filter(kind=Entity.Kind.NATURAL_PERSON, records__isnull=False).first()
    platform = Authority.objects.order_by("pk").first()
    wanted: list[tuple[str, str, Entity | None, Authority | None]] = [
        ("entity", Account.Role.ENTITY, record.entity, None),
        ("authority", Account.Role.AUTHORITY, None, record.authority),
        ("operator", Account.Role.OPERATOR, None, platform),
        ("bank", Account.Role.BANK, None, None),
        ("subscriber", Account.Role.SUBSCRIBER, None, None),
    ]
    if person is not None:
        wanted.append(("person", Account.Role.ENTITY, person, None))
    path = folder() / "logins.json"
    logins: dict[str, dict[str, str]] = json.loads(path.read_text()) if path.exists() else {}
    for username, *_ in wanted:
        logins.setdefault(username, {"username": username, "password": secrets.token_urlsafe(9)})
    path.touch(mode=0o600)
    path.write_text(json.dumps(logins, indent=2))
    for username, role, entity, authority in wanted:
        if not Account.objects.filter(user__username=username).exists():
            registry.create_account(
                username=username,
                password=logins[username]["password"],
                role=role,
                entity=entity,
                authority=authority,
            )
    return logins


def restorable_record(today: date) -> Record:
    """A record that its entity could have restored today, of an entity with several records."""
    candidates = (
        Record.objects.select_related("entity", "authority")
        .filter(
            kind="penalty",
            state=Record.State.PUBLISHED,
            restorable=True,
            restorable_from__lte=today,
            publish_until__gt=today,
            entity__kind=Entity.Kind.ORGANISATION,
        )
        .order_by("pk")
    )
    best = max(candidates[:200], key=lambda record: record.entity.records.count(), default=None)
    if best is None:
        raise DemoError("the generated city has no record that can be restored today")
    return best


def make_subscriber() -> str:
    """Subscribe the demo's third-party institution; its token goes into a file that only its owner reads."""
    mirror = folder() / "mirror"
    mirror.mkdir(exist_ok=True, mode=0o700)
    key = mirror / "key"
    if not key.exists():
        key.touch(mode=0o600)
        key.write_bytes(proof.generate_private_key())
    account = Account.objects.get(user__username="subscriber")
    exchange.subscribe(
        account=account,
        name_zh="明鉴征信（演示）",
        name_en="Mingjian Credit Service (demo)",
        public_key=proof.public_key(key.read_bytes()),
        kinds=["penalty", "serious_list", "abnormal_list", "permit", "commitment"],
        divisions=[],
        purpose="third-party credit service, demonstration",
        legal_basis="sharing agreement of the demonstration",
        valid_from=timezone.localdate(),
        at=timezone.now(),
    )
    token = mirror / "token"
    token.touch(mode=0o600)
    token.write_text(
        registry.create_token(
            account=account, name="mirror", scopes=["feed:read", "receipts:write"], at=timezone.now()
        )
    )
    return str(mirror)


def mirror_command(url: str) -> list[str]:
    """The command that runs the demo's mirror."""
    mirror = folder() / "mirror"
    command = [sys.executable, "-m", "goodstanding", "mirror", "--url", url, "--interval", "0.3"]
    return [*command, "--token-file", str(mirror / "token"), "--store", str(mirror / "store.sqlite3")]


def mirror_until_caught_up(url: str) -> None:
    """Let the mirror take in all that is sealed."""
    result = subprocess.run(
        [*mirror_command(url), "--once"], capture_output=True, text=True, env=os.environ.copy()
    )
    if result.returncode:
        raise DemoError(f"the mirror stopped: {result.stderr.strip() or result.stdout.strip()}")


def restore_one(url: str) -> dict[str, Any]:
    """An entity applies, its authority accepts and decides, the removal reaches the mirror, which receipts it."""
    today = timezone.localdate()
    entity = actor_of(Account.objects.get(user__username="entity"))
    authority = actor_of(Account.objects.get(user__username="authority"))
    record = _first_restorable(entity, authority, today)
    case = _apply(entity, record)
    if case.state == "submitted":
        case = casework.move("accept", actor=authority, case=case, at=timezone.now(), today=today)
    started = time.perf_counter()
    if case.state == "accepted":
        casework.move(
            "grant",
            actor=authority,
            case=case,
            reasons="The duty is performed and the minimum period is over. 义务已履行完毕，最短公示期已满。",
            at=timezone.now(),
            today=today,
        )
    record.refresh_from_db()
    waited = _wait_for_receipt(record, started)
    return {
        "record": str(record.public_id),
        "case": str(case.public_id),
        "entity": record.entity.name,
        "authority": record.authority.name_zh,
        "position": registry_queries.last_position(record),
        "seconds_to_receipt": round(waited, 3),
        "url": f"{url}/",
    }


def leave_cases_open() -> dict[str, str]:
    """Two applications on their way and one objection, so that every desk has something to look at."""
    today = timezone.localdate()
    entity = actor_of(Account.objects.get(user__username="entity"))
    authority = actor_of(Account.objects.get(user__username="authority"))
    prospects = cases.prospects(actor=entity, entity=Entity.objects.get(pk=entity.entity_id), on=today)
    live = [item.record for item in prospects if item.record.state == Record.State.PUBLISHED]
    live.sort(key=lambda record: record.authority_id != authority.authority_id)
    ripe = [record for record in live if record.restorable_from and record.restorable_from <= today]
    others = [record for record in live if record not in ripe[:2]]
    made: dict[str, str] = {}
    for name, record in zip(("submitted", "accepted"), ripe[:2], strict=False):
        case = _apply(entity, record)
        if (name, case.state) == ("accepted", "submitted") and case.authority_id == authority.authority_id:
            casework.move("accept", actor=authority, case=case, at=timezone.now(), today=today)
        made[name] = str(case.public_id)
    if others:
        record = others[0]
        case = objections.object_to(
            actor=entity,
            record=record.public_id,
            grounds="facts_wrong",
            statement="The amount in the record is not the amount of the decision. 公示金额与决定书不一致。",
            evidence=[],
            key=uuid.uuid5(uuid.NAMESPACE_URL, f"goodstanding:demo:objection:{record.public_id}"),
            at=timezone.now(),
            today=today,
        )
        made["objection"] = str(case.public_id)
    return made


def _apply(entity: Actor, record: Record) -> Case:
    """Apply for the restoration of one record with a small proof; the same record again gives the same case."""
    application = casework.apply(
        actor=entity,
        records=[record.public_id],
        commitment_name=record.entity.name,
        statement="The duty is performed and the practice is corrected. 罚款已缴清，违法行为已改正。",
        performed_on=max(record.found_on, record.restorable_from or record.found_on),
        evidence=[
            casework.NewEvidence(
                name="payment.txt",
                media_type="text/plain",
                content="缴款凭证（演示） proof of payment (demonstration)".encode(),
                material="proof_of_performance",
            )
        ],
        key=uuid.uuid5(uuid.NAMESPACE_URL, f"goodstanding:demo:{record.public_id}"),
        at=timezone.now(),
        today=timezone.localdate(),
    )
    return application.cases.get()


def _first_restorable(entity: Actor, authority: Actor, today: date) -> Record:
    for prospect in cases.prospects(actor=entity, entity=Entity.objects.get(pk=entity.entity_id), on=today):
        record = prospect.record
        if (
            record.authority_id == authority.authority_id
            and record.state == Record.State.PUBLISHED
            and record.severity != "serious"
            and record.restorable_from
            and record.restorable_from <= today
        ):
            return Record.objects.select_related("entity", "authority").get(pk=record.pk)
    raise DemoError("the demo's entity has no record that its authority could restore today")


def _wait_for_receipt(record: Record, started: float) -> float:
    while time.perf_counter() - started < RECEIPT_PATIENCE:
        holders = exchange_queries.holders(record, on=timezone.localdate())
        if holders and all(holder.state != "holds" for holder in holders):
            return time.perf_counter() - started
        time.sleep(0.02)
    raise DemoError(f"no receipt for the removal of {record.public_id} within {RECEIPT_PATIENCE:g} seconds")
