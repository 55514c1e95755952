"""The forms of an authority's desk: filters of the work list, many cases at once, absence, templates of reasons."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from goodstanding.casework.chart import KINDS, chart_of
from goodstanding.casework.desk import Wanted
from goodstanding.casework.models import ReasonsTemplate
from goodstanding.casework.queries import officers_at, with_officers
from goodstanding.casework.reasons import steps_with_reasons
from goodstanding.registry.actor import Actor

from .forms import DayInput
from .language import language, said


class WorkForm(forms.Form):
    """Which open cases a reader wants to see; what is empty or makes no sense does not narrow."""

    text = forms.CharField(required=False, max_length=200, label=_("Entity or document number"))
    kind = forms.ChoiceField(required=False, label=_("Kind"))
    state = forms.ChoiceField(required=False, label=_("State"))
    mark = forms.ChoiceField(
        required=False,
        label=_("Clock"),
        choices=[("", _("all")), ("late", _("late")), ("soon", _("due within a working day"))],
    )
    whose = forms.ChoiceField(
        required=False,
        label=_("Whose work"),
        choices=[("", _("all")), ("mine", _("mine")), ("unassigned", _("nobody's yet"))],
    )
    officer = forms.ChoiceField(required=False, label=_("Officer"))
    authority = forms.ChoiceField(required=False, label=_("Authority"))
    before = forms.DateField(required=False, widget=DayInput(), label=_("Due before"))
    asked = forms.BooleanField(required=False, label=_("Cases of others that ask for our opinion"))

    def __init__(self, *args: Any, actor: Actor, **more: Any) -> None:
        more.setdefault("auto_id", "work_%s")
        super().__init__(*args, **more)
        charts = [chart_of(kind) for kind in KINDS]
        self._choose("kind", [(chart.kind, getattr(chart, f"name_{language()}")) for chart in charts])
        states = {
            state.code: getattr(state, language())
            for chart in reversed(charts)
            for state in reversed(chart.states)
            if not state.final
        }
        self._choose("state", list(reversed(states.items())))
        if actor.authority_id is not None:
            self._choose("officer", [(name, name) for name in officers_at(actor.authority_id)])
            del self.fields["authority"]
        else:
            self._choose(
                "authority", [(row.code, said(row, "name") or row.name_zh) for row in with_officers()]
            )
            for name in ("whose", "officer", "asked"):
                del self.fields[name]

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("all")), *choices]

    def wanted(self) -> Wanted:
        """What the query string asks for, as far as it makes sense."""
        self.is_valid()
        return Wanted(**{name: value for name, value in self.cleaned_data.items() if value})


class ManyForm(forms.Form):
    """One step for many cases."""

    event = forms.CharField(max_length=16)
    reasons = forms.CharField(required=False, max_length=4000)
    officer = forms.CharField(required=False, max_length=150)


def step_names() -> dict[str, str]:
    """Every step for which a template can be kept, as ``kind.event``, named by its chart."""
    return {
        f"{kind}.{event.code}": f"{said(chart_of(kind), 'name')} · {said(event, 'name')}"
        for kind, event in steps_with_reasons()
    }


class TemplateForm(forms.Form):
    """A template of reasons, new or the next version of one."""

    step = forms.ChoiceField(label=_("Step"))
    name = forms.CharField(min_length=2, max_length=80, label=_("Name"))
    text_zh = forms.CharField(
        max_length=4000,
        label=_("Text in Chinese"),
        widget=forms.Textarea(attrs={"rows": 5, "lang": "zh-Hans"}),
    )
    text_en = forms.CharField(
        required=False,
        max_length=4000,
        label=_("Text in English (optional; it follows the Chinese one)"),
        widget=forms.Textarea(attrs={"rows": 5, "lang": "en"}),
    )

    def __init__(self, data: Any, *, template: ReasonsTemplate | None) -> None:
        initial = None
        if template is not None:
            initial = {
                "step": f"{template.kind}.{template.event}",
                "name": template.name,
                "text_zh": template.text_zh,
                "text_en": template.text_en,
            }
        super().__init__(data, initial=initial)
        field = self.fields["step"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(step_names().items())

    def clean(self) -> dict[str, str]:
        """What ``reasons.keep`` takes."""
        given = dict(super().clean() or {})
        given["kind"], _dot, given["event"] = given.pop("step", "").partition(".")
        return given


class AbsenceForm(forms.Form):
    """When an officer is absent, and who stands in."""

    stand_in = forms.ChoiceField(label=_("Who stands in"))
    from_on = forms.DateField(widget=DayInput(), label=_("First day"))
    until_on = forms.DateField(widget=DayInput(), label=_("Last day"))

    def __init__(self, *args: Any, officers: list[str], **more: Any) -> None:
        super().__init__(*args, **more)
        _officers(self, "stand_in", officers)


class ReassignForm(forms.Form):
    """From whom to whom all open cases go."""

    officer = forms.ChoiceField(label=_("All open cases of"))
    to = forms.ChoiceField(label=_("go to"))

    def __init__(self, *args: Any, officers: list[str], **more: Any) -> None:
        super().__init__(*args, **more)
        _officers(self, "officer", officers)
        _officers(self, "to", officers)


def _officers(form: forms.Form, name: str, officers: list[str]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = [(officer, officer) for officer in officers]
