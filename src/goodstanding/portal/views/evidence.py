"""The files of a case: downloading one, and handing in its redacted version for other readers."""

from __future__ import annotations

import uuid
from urllib.parse import quote

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from goodstanding.casework import evidence_store, redactions
from goodstanding.casework.errors import CaseworkError
from goodstanding.casework.evidence_reading import evidence_for
from goodstanding.casework.models import Case, Evidence
from goodstanding.casework.queries import case_for
from goodstanding.proof.keys import to_base64

from ..context import actor_from, only_for
from ..language import problem
from .case import PARTIES, uploaded


@only_for(*PARTIES)
@require_safe
def evidence(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Download a file of a case. It is never shown inside this site, and only as it was handed in."""
    try:
        file = evidence_for(actor_from(request), public_id, on=timezone.localdate())
        content = evidence_store.content(bytes(file.kept_id), place=str(public_id))
    except Evidence.DoesNotExist as error:
        raise Http404 from error
    except CaseworkError as error:
        return render(request, "portal/damaged.html", {"refusal": error}, status=500)
    response = HttpResponse(content, content_type=file.media_type)
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(file.name)}"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Repr-Digest"] = f"sha-256=:{to_base64(bytes(file.kept_id))}:"
    return response


@only_for(*PARTIES)
@require_POST
def redact(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Hand in the redacted version of a file, from its case's page (``case``)."""
    actor, today = actor_from(request), timezone.localdate()
    try:
        case = case_for(actor, request.POST.get("case", ""))
        evidence_for(actor, public_id, on=today)
    except (Case.DoesNotExist, Evidence.DoesNotExist) as error:
        raise Http404 from error
    files = uploaded(request)
    if len(files) != 1:
        messages.error(request, _("Choose one file: the redacted version."))
        return redirect("case", case.public_id)
    try:
        redactions.redact(actor=actor, evidence=public_id, version=files[0], at=timezone.now(), today=today)
    except CaseworkError as error:
        messages.error(request, problem(error))
    else:
        messages.success(
            request, _("The redacted version is in. Who may not read the file whole reads this one.")
        )
    return redirect("case", case.public_id)
