"""The verifiable map: the proof that an entity has, or has no, publishable record of a class."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from goodstanding.exchange import vmap
from goodstanding.exchange.errors import ExchangeError
from goodstanding.proof.map_document import ADVERSE, CLASSES
from goodstanding.registry import queries

from . import readings
from .auth import Bearer, caller
from .problems import known_id, not_found
from .records import EventProofOut

router = Router(tags=["entities"])
_CLASS = f"^({'|'.join(CLASSES)})$"


class StateProofOut(Schema):
    """The state of an entity in a class, with its way to the signed log; ``goodstanding verify`` checks it."""

    map: str
    entity: str
    class_: str = Field(..., alias="class")
    position: int
    has: bool
    state: dict[str, Any] | None
    salt: str | None
    proof: str
    origin: str
    size: int
    checkpoint: str
    key: str
    witnesses: list[str]
    event: EventProofOut


@router.get(
    "/entities/{public_id}/proof",
    response=StateProofOut,
    by_alias=True,
    auth=Bearer("records:read", public=True),
    summary="Proof of what an entity has and has not",
)
def state_proof(
    request: HttpRequest, public_id: str, class_: str = Query(ADVERSE, alias="class", pattern=_CLASS)
) -> dict[str, Any]:
    """Whether the entity has a publishable record of a class, as of the newest root of the map under the checkpoint.

    ``position`` is that of which it is told, ``size`` and ``checkpoint`` are what it stands on, and ``witnesses`` the
    keys of those who cosigned the checkpoint; the event's ``at`` is the instant of the root.
    ``adverse`` is all negative kinds together. To whoever may see the entity; 404 while no root is published.
    """
    actor = caller(request).actor
    entity = queries.entity_for(actor, known_id(public_id))
    readings.note(request, actor=actor, entity=entity, records=[])
    try:
        return vmap.state_proof(entity, class_=class_)
    except ExchangeError as error:
        raise not_found() from error
