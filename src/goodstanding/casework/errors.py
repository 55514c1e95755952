"""What casework refuses, said in both languages."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from goodstanding.law import Condition


@dataclass(frozen=True, slots=True)
class Failing:
    """A condition of the law that a record of an application does not meet, with article and remedy."""

    record: uuid.UUID
    condition: Condition


class CaseworkError(Exception):
    """A step that casework refuses.

    ``code`` is for machines, ``en`` and ``zh`` are for people, ``place`` names the record, case or file,
    ``remedy_en``/``remedy_zh`` what to do, ``failing`` the conditions of the law that are not met.
    What the registry refuses of a correction (``RegistryError``) is passed on under its own code.

    Codes: absence.backwards, absence.forbidden, annulment.not_found, annulment.open, appeal.again,
    appeal.nothing, application.empty, application.forbidden, application.homes, application.key_reused,
    application.no_code, application.not_eligible, application.not_the_entity,
    authority.unknown, case.alone, case.asked, case.changed, case.forbidden,
    case.not_allowed, case.not_found, case.open, case.same_officer, case.second_look, certificate.forbidden,
    certificate.none, claim.empty, claim.same, claim.unknown, clock.extended, clock.late, clock.no_extension,
    clock.no_ground, clock.paused, clock.running, correction.facts, correction.form, correction.same,
    correction.unknown, details.missing, details.unknown, evidence.damaged, evidence.empty,
    evidence.forbidden, evidence.infected, evidence.material, evidence.name, evidence.not_found,
    evidence.not_here, evidence.number, evidence.record, evidence.scanner, evidence.size, evidence.type,
    evidence.unredacted, ground.unknown, grounds.unknown, mandate.agent, mandate.forbidden, mandate.given,
    mandate.none, mandate.not_found, mandate.scope, mandate.until, many.not_allowed, many.too_many,
    note.forbidden, notice.address, notice.no_mail, notice.role, notice.too_many, notice.url, officer.unknown,
    outcome.day, outcome.forbidden, outcome.key_reused, outcome.nothing, outcome.part, outcome.result,
    reasons.missing, reasons.placeholder, record.foreign, record.no_pack, record.not_adverse, record.not_eligible,
    record.not_found, record.state, reopening.nothing, sanction.refused, sanction.unknown,
    statement.forbidden, step.key_reused, template.event, template.forbidden, template.name,
    template.not_found, template.placeholder, text.characters, text.length, use.kind.
    """

    def __init__(
        self,
        code: str,
        en: str,
        zh: str,
        *,
        place: str = "",
        remedy_en: str = "",
        remedy_zh: str = "",
        failing: tuple[Failing, ...] = (),
    ) -> None:
        super().__init__(f"{code}: {en}")
        self.code, self.en, self.zh, self.place = code, en, zh, place
        self.remedy_en, self.remedy_zh, self.failing = remedy_en, remedy_zh, failing
