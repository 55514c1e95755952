"""Errors as problem+json (RFC 9457), with a machine code and the sentence in both languages."""

from __future__ import annotations

import uuid
from typing import Any

import orjson
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from goodstanding.exchange.errors import ExchangeError
from goodstanding.proof import ProofError
from goodstanding.registry.commands import RegistryError


class Problem(Exception):
    """An answer that says why not."""

    def __init__(self, status: int, code: str, en: str, zh: str, *, detail: str = "", **more: Any) -> None:
        super().__init__(f"{status} {code}: {en}")
        self.status, self.code, self.en, self.zh, self.detail, self.more = status, code, en, zh, detail, more


#: The status of a refused command by its code; 422 where nothing is said.
_STATUS: dict[str, int] = {
    "case.not_found": 404,
    "record.not_found": 404,
    "fact.not_found": 404,
    "annulment.not_found": 404,
    "template.not_found": 404,
    "mandate.not_found": 404,
    "note.forbidden": 403,
    "mandate.forbidden": 403,
    "annulment.open": 409,
    "template.name": 409,
    "fact.not_yours": 403,
    "facts.unavailable": 503,
    "case.forbidden": 403,
    "certificate.forbidden": 403,
    "certificate.none": 409,
    "certificate.not_sealed": 409,
    "certificate.away": 503,
    "certificate.not_proved": 502,
    "certificate.no_font": 503,
    "application.forbidden": 403,
    "mandate.none": 403,
    "evidence.not_found": 404,
    "evidence.forbidden": 403,
    "evidence.damaged": 500,
    "evidence.scanner": 503,
    "subscriber.role": 403,
    "reading.anonymous": 403,
    "case.changed": 409,
    "case.not_allowed": 409,
    "case.open": 409,
    "record.state": 409,
    "outcome.forbidden": 403,
    "outcome.nothing": 409,
    "outcome.key_reused": 409,
    "lake_batch.removed": 409,
    "application.key_reused": 409,
    "application.not_the_entity": 403,
    "record.foreign": 409,
    "agreement.unknown": 404,
    "agreement.no_method": 403,
    "agreement.too_soon": 429,
    "read.unknown": 404,
    "request.unknown": 404,
    "request.state": 409,
    "request.many": 409,
    "request.open": 409,
    "federation.unknown": 404,
    "agreement.signature": 403,
    "agreement.nothing_to_sign": 409,
    "agreement.state": 409,
    "deletion.signature": 403,
    "receipt.signature": 403,
    "receipt.subscriber": 403,
    "reconciliation.claim": 403,
    "recipient.forbidden": 403,
    "recipient.unknown": 404,
    "probe.unknown": 404,
    "probe.known": 409,
    "suspension.same_operator": 403,
    "reconciliation.closed": 409,
}


def not_found() -> Problem:
    """The one answer for what does not exist and for what the reader may not know of."""
    return Problem(404, "not_found", "There is nothing here.", "未找到所请求的内容。")


def known_id(text: str) -> uuid.UUID:
    """The public id in an address. What is no id leads to the same answer as an id of nothing."""
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise not_found() from error


def problem_response(problem: Problem) -> HttpResponse:
    """A problem as an answer."""
    body = {
        "type": f"urn:goodstanding:problem:{problem.code}",
        "status": problem.status,
        "code": problem.code,
        "title": problem.en,
        "title_zh": problem.zh,
        "detail": problem.detail,
    } | problem.more
    response = HttpResponse(
        orjson.dumps(body), status=problem.status, content_type="application/problem+json"
    )
    if problem.status == 401:
        response["WWW-Authenticate"] = "Bearer"
    if "retry_after" in problem.more:
        response["Retry-After"] = str(problem.more["retry_after"])
    return response


def refused(error: Any) -> Problem:
    """A room's refusal (code, en, zh and perhaps place and remedy) as a problem."""
    status = _STATUS.get(error.code, 422)
    if status == 404:
        return not_found()
    more: dict[str, Any] = {
        name: value
        for name in ("remedy_en", "remedy_zh")
        if (value := getattr(error, name, "")) and isinstance(value, str)
    }
    if seconds := getattr(error, "retry_after", 0):
        more["retry_after"] = seconds
    return Problem(status, error.code, error.en, error.zh, detail=str(getattr(error, "place", "")), **more)


def install(api: NinjaAPI, *families: type[Exception]) -> None:
    """Make an API answer every foreseen error with a problem. ``families``: further errors with code, en and zh."""

    def handle(error_class: type[Exception], make: Any) -> None:
        def handler(request: HttpRequest, error: Any) -> HttpResponse:
            return problem_response(make(error))

        api.add_exception_handler(error_class, handler)

    handle(Problem, lambda error: error)
    handle(ObjectDoesNotExist, lambda error: not_found())
    handle(Http404, lambda error: not_found())
    handle(ValidationError, _invalid)
    handle(HttpError, _http)
    handle(ProofError, _unproved)
    for family in (RegistryError, ExchangeError, *families):
        handle(family, refused)


def _invalid(error: ValidationError) -> Problem:
    places = [
        {"place": ".".join(str(part) for part in item.get("loc", ())), "message": item.get("msg", "")}
        for item in error.errors
    ]
    detail = "; ".join(f"{place['place']}: {place['message']}" for place in places)[:1000]
    return Problem(
        422, "request.invalid", "The request is not valid.", "请求无效。", detail=detail, errors=places
    )


def _http(error: HttpError) -> Problem:
    return Problem(
        error.status_code, "request.refused", "The request is refused.", "请求被拒绝。", detail=error.message
    )


def _unproved(error: ProofError) -> Problem:
    return Problem(422, f"proof.{error.code}", error.sentence, error.sentence_zh, detail=error.place)
