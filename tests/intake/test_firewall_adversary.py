"""A second adversary: 10,000 re-reports of removed records, and 10,000 other findings very near to them.

The mutations (``adversary``) were written from how such data look, by somebody who had not read how the firewall
compares. Everything goes the way of real files: planted, removed by sources, officers and firms, and sent again.
"""

from __future__ import annotations

import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from goodstanding.casework.guards import needs_second_look
from goodstanding.intake import commands as intake
from goodstanding.intake.models import Batch
from goodstanding.registry.actor import Actor
from goodstanding.registry.models import Authority, Identifier, Record, SourceFinding
from tests.casework.stories import apply, entity_actor, object_to, officer, take
from tests.intake.adversary import FORMAT, SINGLE, Attempt, Sent, first, merged, split_by_measure
from tests.intake.adversary_town import PENALTIES, Finding, Row, Town
from tests.intake.change_files import PENALTIES as CHANGES
from tests.intake.change_files import own_contracts
from tests.intake.files import header_of, write_csv

SEED = "a second adversary"
TODAY = date(2026, 11, 22)
AT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
EACH, SPLIT, MERGED, ALL = 105, 150, 200, 10_000


@dataclass
class Sending:
    """Files that are sent, each with the label of every row."""

    folder: Path
    number: int = 0

    def take_in(self, rows: list[Row], contract: str, sender: Authority, *, form: str = "csv") -> Batch:
        self.number += 1
        path = self.folder / f"{self.number}.{'jsonl' if form == 'jsonl' else 'csv'}"
        if form == "jsonl":
            names = header_of(contract)
            lines = [json.dumps({n: row.get(n, "") for n in names}, ensure_ascii=False) for row in rows]
            path.write_text("\n".join(lines), encoding="utf-8")
        else:
            write_csv(path, contract, rows, encoding=form if form != "csv" else "utf-8")
        batch = intake.receive(
            path=path, name=path.name, contract=contract, authority_id=sender.pk, account_id=None, at=AT
        )
        return intake.run(batch.pk, today=TODAY, at_clock=lambda: AT)

    def outcomes(
        self, sent: Iterable[tuple[str, Sent]], *, forms: tuple[str, ...] = ("csv", "utf-16", "jsonl")
    ) -> dict[str, Counter[str]]:
        """What became of each row, by its label: accepted, refused, quarantined, or returned for another reason."""
        files: dict[tuple[str, str], list[tuple[str, Row]]] = defaultdict(list)
        for label, item in sent:
            files[CHANGES if item.contract == "changes" else item.contract, item.sender].append(
                (label, item.row)
            )
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for at, ((contract, sender), labelled) in enumerate(sorted(files.items())):
            form = forms[at % len(forms)]
            batch = self.take_in(
                [row for _, row in labelled], contract, Authority.objects.get(code=sender), form=form
            )
            assert batch.state == "done", (batch.state, batch.error)
            begins = 1 if form == "jsonl" else 2
            returned = {row.row: row for row in batch.rejected_rows.all()}
            findings = set(SourceFinding.objects.filter(batch=batch.pk).values_list("row", flat=True))
            assert set(returned) <= set(range(begins, begins + len(labelled)))
            for row, (label, _) in enumerate(labelled, begins):
                found[label][self._outcome(returned.get(row), known=row in findings)] += 1
        return found

    @staticmethod
    def _outcome(returned: object, *, known: bool) -> str:
        if returned is None:
            assert not known
            return "accepted"
        codes = {why["code"] for why in returned.reasons}  # type: ignore[attr-defined]
        stopped = {code for code in codes if code.startswith("tombstone.")}
        assert bool(stopped) == known, "whoever sends a removed record is told about"
        if not stopped:
            return "returned"
        return "quarantined" if returned.quarantined else "refused"  # type: ignore[attr-defined]


@dataclass
class Stage:
    town: Town
    sending: Sending
    removed: list[Finding]
    kept: dict[str, list[Finding]]
    chance: random.Random


def _remove(town: Town, sending: Sending, removed: list[Finding]) -> None:
    """Take findings back in every way there is: by the source's row, by an objection upheld, by restoration."""
    by_row: dict[str, list[Row]] = defaultdict(list)
    bodies = [body.authority for body in (*town.bodies, town.court)]
    officers = {body.pk: (officer(body), officer(body)) for body in bodies}
    firms: dict[str, Actor] = {}
    for at, finding in enumerate(removed):
        subject = finding.subject
        if finding.contract == PENALTIES and at % 6:
            change = "撤销" if at % 2 else "屏蔽"
            by_row[finding.body.authority.code].append(finding.row | {"BGLX": change})
            continue
        if subject.person_number:
            by_row[finding.body.authority.code].append(finding.row | {"BGLX": "撤销"})
            continue
        record = Record.objects.get(document_no=finding.at("no"))
        if subject.code not in firms:
            firms[subject.code] = entity_actor(Identifier.objects.get(value=subject.code).entity)
        firm, (judge, colleague) = firms[subject.code], officers[finding.body.authority.pk]
        if at % 12 and record.restorable and record.severity != "serious" and record.kind != "other":
            application = apply(firm, record, at=AT, today=TODAY, performed_on=finding.day)
            case = application.cases.get()
        else:
            case = object_to(firm, record, at=AT, today=TODAY)
        case = take("accept", judge, case, at=AT, today=TODAY)
        if needs_second_look(record):
            case = take("propose_grant", judge, case, at=AT, today=TODAY)
            take("confirm_grant", colleague, case, at=AT, today=TODAY)
        else:
            take("grant", judge, case, at=AT, today=TODAY)
    for code, rows in by_row.items():
        batch = sending.take_in(rows, "double-publicity-changes", Authority.objects.get(code=code))
        assert batch.superseding == len(rows), [row.reasons for row in batch.rejected_rows.all()]


@pytest.fixture(scope="module")
def stage(module_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    chance = random.Random(SEED)
    with own_contracts():
        town = Town(chance)
        sending = Sending(tmp_path_factory.mktemp("adversary"))
        planted = town.planted()
        batch = sending.take_in(town.registrations(), "registration", town.registry)
        assert batch.committed == 70, batch.error
        first_sent = sending.outcomes([("planted", first(finding).sent) for finding in planted])
        assert first_sent == {"planted": Counter(accepted=len(planted))}
        kept = {f.subject.name: [f] for f in planted[3:280:4] if f.contract == PENALTIES}
        held = {id(f) for found in kept.values() for f in found}
        removed = [finding for finding in planted if id(finding) not in held]
        _remove(town, sending, removed)
        gone = Record.objects.filter(state__in=("withdrawn", "redacted", "restored")).count()
        assert gone == len(removed)
        yield Stage(town, sending, removed, kept, chance)


def attempts(stage: Stage) -> Iterator[tuple[str, Sent]]:
    """Every re-report with the name of its mutation."""
    chance, town, removed = stage.chance, stage.town, stage.removed
    many = 0

    def again(label: str, made: Attempt) -> Iterator[tuple[str, Sent]]:
        if made.sent.row != made.finding.row or made.sent.sender != made.finding.body.authority.code:
            yield label, made.sent

    for name, mutate in SINGLE.items():
        made = 0
        for finding in chance.sample(removed, len(removed)):
            for item in again(name, mutate(chance, first(finding), town)):
                yield item
                made += 1
            if made == EACH:
                break
        many += made
    for finding in chance.choices([f for f in removed if f.contract == PENALTIES], k=SPLIT):
        for part in split_by_measure(chance, first(finding), town):
            yield "split_by_measure", part.sent
            many += 1
    for at in range(MERGED):
        finding = chance.choice(
            [f for f in removed if f.contract == PENALTIES and f.subject.name in stage.kept]
        )
        others = [
            f
            for f in removed
            if f.subject is finding.subject and f.contract == PENALTIES and f is not finding
        ]
        other = chance.choice(others) if at % 2 else chance.choice(stage.kept[finding.subject.name])
        label = "merged_with_another_removed_one" if at % 2 else "merged_with_a_valid_one"
        yield label, merged(chance, first(finding), town, other).sent
        many += 1
    for _ in range(ALL - many):
        chosen = {*chance.sample(FORMAT, chance.randrange(1, 4)), chance.choice([*SINGLE.values()])}
        attempt = first(chance.choice(removed))
        for mutate in SINGLE.values():
            if mutate in chosen - {SINGLE["under_another_form"]}:
                attempt = mutate(chance, attempt, town)
        yield "combined", attempt.sent


def table(found: dict[str, Counter[str]]) -> str:
    """The counts as text, one line a mutation."""
    kinds = ("refused", "quarantined", "returned", "accepted")
    lines = [f"{'mutation':36}" + "".join(f"{kind:>12}" for kind in kinds)]
    for label, counts in (*found.items(), ("all", sum(found.values(), Counter()))):
        lines.append(f"{label:36}" + "".join(f"{counts[kind]:12}" for kind in kinds))
    return "\n".join(lines)


def test_no_removed_record_comes_back(stage: Stage) -> None:
    found = stage.sending.outcomes(attempts(stage))
    print("\n" + table(found))
    assert sum(sum(counts.values()) for counts in found.values()) == ALL
    assert not {label: counts for label, counts in found.items() if counts["accepted"]}


def test_other_findings_come_in(stage: Stage) -> None:
    others = [(f.contract, first(f).sent) for f in stage.town.others(stage.removed, ALL)]
    found = stage.sending.outcomes(others)
    print("\n" + table(found))
    stopped = sum(counts["refused"] + counts["quarantined"] for counts in found.values())
    assert stopped < ALL / 1_000
