"""The questions of the public self-check: only those that the chosen law asks, the plain ones first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from goodstanding.law import Facts, Pack
from goodstanding.law.attested import Named

from .asked import asked_of
from .fields import AmountField, DayField, keep_as_typed
from .language import language, said
from .lengths import currency_name
from .templatetags.goodstanding import zh

#: The questions that everyone is asked, where the law asks them; the others stand behind "more questions".
FIRST = ("kind", "measures", "amount_yuan", "found_on", "performed_on", "committed")


class CheckForm(forms.Form):
    """The facts of one record, asked for one law. Nothing of it is stored."""

    kind = forms.ChoiceField(
        widget=forms.RadioSelect(),
        label=_("What kind of record is it?"),
        error_messages={
            "required": _("Choose the kind of record."),
            "invalid_choice": _("This law lists no such kind. Choose one of the kinds below."),
        },
    )
    measures = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple(),
        label=_("What did the decision impose?"),
        error_messages={"invalid_choice": _("This law lists no such measure. Mark those below that apply.")},
    )
    amount_yuan = AmountField()
    found_on = DayField(
        required=True,
        label=_("What is the date of the decision?"),
        help_text=_("The date on the decision or judgment itself, not the day on which it went online."),
    )
    performed_on = DayField(
        label=_("On which day was every duty fully performed?"),
        help_text=_(
            "For example the day on which the fine was paid. Leave it empty while something is owed; a day to "
            "come counts as planned."
        ),
    )
    committed = forms.BooleanField(required=False, label=_("A public credit commitment is made."))
    simple_procedure = forms.BooleanField(
        required=False, label=_("The penalty was imposed by simple procedure (on the spot).")
    )
    stated = forms.ChoiceField(required=False, label=_("Which class did the authority state?"))
    conduct = forms.ChoiceField(required=False, label=_("What was done?"))
    sector = forms.ChoiceField(required=False, label=_("Which sector does the record belong to?"))
    subject = forms.ChoiceField(
        required=False,
        label=_("Whom is it about?"),
        choices=[("organisation", _("an organisation")), ("natural_person", _("a natural person"))],
    )
    publication_necessary = forms.BooleanField(
        required=False,
        label=_("The sector authority found it truly necessary to publish a minor record."),
    )
    trained = forms.BooleanField(required=False, label=_("The training on restoration was completed."))
    excluded_by_law = forms.BooleanField(
        required=False, label=_("A law expressly says that this record may not be restored.")
    )
    further_condition_open = forms.BooleanField(
        required=False, label=_("Another law asks for something that is not done yet.")
    )
    ended_on = DayField(label=_("On which day did the act or event end?"))
    limitation_ends_on = DayField(label=_("On which day does the limitation period end?"))
    set_aside_on = DayField(label=_("On which day was the finding set aside?"))
    false_commitment_on = DayField(label=_("On which day was a false commitment last found?"))
    plan_approved_on = DayField(
        label=_("On which day did the court approve a reorganisation plan or settlement?")
    )
    plan_completed_on = DayField(label=_("On which day did the court confirm that it was completed?"))
    plan_failed_on = DayField(label=_("On which day did it fail?"))
    use = forms.ChoiceField(required=False, label=_("What is the record read for?"))
    use_amount = AmountField()
    on = DayField(label=_("For which day do you ask?"), help_text=_("Left empty, the answer is for today."))

    def __init__(
        self, *args: Any, pack: Pack, today: date, sectors: Sequence[tuple[str, str]] = (), **more: Any
    ) -> None:
        super().__init__(*args, **more)
        self.pack = pack
        self.today = today
        asked = asked_of(pack) | {"on"} | ({"sector"} if sectors else set())
        for name in set(self.fields) - asked:
            del self.fields[name]
        self._options("kind", _terms(pack.kinds))
        self._options("measures", _terms(pack.measures))
        self._choose("stated", pack.severities, empty=_("not stated, or not known"))
        self._choose("conduct", pack.conducts, empty=_("something else, or not known"))
        self._choose("use", pack.uses, empty=_("something else"))
        self._options("sector", [("", _("none of these")), *sectors, *_pairs(pack.sectors)])
        self._name_amounts()
        keep_as_typed(self)
        carries = [said(kind, "name") for kind in pack.kinds if kind.measures]
        if "measures" in self.fields and len(carries) < len(pack.kinds):
            comma = "、" if language() == "zh" else ", "
            self.fields["measures"].help_text = format_lazy(
                _("Mark everything. Only for: {kinds}."), kinds=comma.join(carries)
            )

    def _choose(self, name: str, listed: Sequence[Named], *, empty: Any) -> None:
        self._options(name, [("", empty), *_pairs(listed)])

    def _options(self, name: str, options: Sequence[tuple[str, Any]]) -> None:
        field = self.fields.get(name)
        if isinstance(field, forms.ChoiceField):
            field.choices = list(dict(options).items())

    def _name_amounts(self) -> None:
        currency = currency_name(self.pack.currency)
        for name, label in (
            ("amount_yuan", _("How high is the fine, in {currency}?")),
            ("use_amount", _("About which amount is it read, in {currency}?")),
        ):
            if name in self.fields:
                self.fields[name].label = format_lazy(label, currency=currency)
        if "amount_yuan" in self.fields:
            self.fields["amount_yuan"].help_text = _("Leave it empty where there is no fine.")

    @property
    def first(self) -> list[forms.BoundField]:
        """The plain questions."""
        return [self[name] for name in FIRST if name in self.fields]

    @property
    def further(self) -> list[forms.BoundField]:
        """The questions behind "more questions"."""
        return [self[name] for name in self.fields if name not in FIRST]

    @property
    def opened(self) -> bool:
        """Whether one of the further questions is answered or refused, so that they must be seen."""
        return any(
            field.errors or self.data.get(field.name, "") not in _empty(field) for field in self.further
        )

    def clean(self) -> dict[str, Any]:
        """What cannot be together, said at the field that can mend it."""
        given = super().clean() or {}
        kinds = {kind.code: kind for kind in self.pack.kinds}
        kind = kinds.get(given.get("kind", ""))
        measures = given.get("measures") or []
        if kind is not None and measures and not kind.measures:
            name = said(kind, "name")
            self.add_error(
                "measures", _of(_("A record of the kind “{kind}” carries no measures."), kind=name)
            )
        personal = [m for m in self.pack.measures if m.code in measures and not m.on_organisations]
        if personal and given.get("subject") != "natural_person":
            name = said(personal[0], "name")
            self.add_error(
                "measures", _of(_("“{measure}” is never imposed on an organisation."), measure=name)
            )
        found_on, on = given.get("found_on"), given.get("on")
        if found_on and on and found_on > on:
            self.add_error("on", _("This day lies before the date of the decision."))
        elif found_on and "on" not in self.errors and found_on > (on or self.today):
            self.add_error("found_on", _("This day has not come yet."))
        return given

    def facts(self) -> Facts:
        """The facts as they were given. Call it only on a valid form."""
        given = {name: value for name, value in self.cleaned_data.items() if name != "on"}
        given["measures"] = frozenset(given.get("measures") or ())
        for name in ("stated", "conduct", "sector", "use"):
            given[name] = given.get(name) or None
        given["subject"] = given.get("subject") or "organisation"
        return Facts(**given)


def _empty(field: forms.BoundField) -> tuple[str, str]:
    """What a question sends that nobody answered: nothing, or the first of its choices."""
    choices = getattr(field.field, "choices", None)
    return "", str(choices[0][0]) if choices else ""


def _pairs(listed: Sequence[Named]) -> list[tuple[str, str]]:
    return [(getattr(row, "code", ""), said(row, "name")) for row in listed]


def _terms(listed: Sequence[Named]) -> list[tuple[str, str]]:
    """Terms for boxes and buttons, with the Chinese one beside the English one."""
    return [
        (getattr(row, "code", ""), format_html("{} {}", said(row, "name"), zh(row.name_zh))) for row in listed
    ]


def _of(text: Any, **words: str) -> str:
    return str(text).format(**words)
