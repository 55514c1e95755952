"""The transparency log: checkpoint, key, tiles and proofs. Open to everyone; it holds commitments only."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema

from goodstanding.exchange import proofs
from goodstanding.exchange.anchors import rounds as anchors
from goodstanding.proof import ProofError
from goodstanding.proof.keys import to_base64
from goodstanding.registry.webhooks import verifier_key

from .problems import not_found

router = Router(tags=["log"])
_FOR_EVER = "public, max-age=31536000, immutable"


class HashesOut(Schema):
    """A proof: hashes in the order of RFC 9162, base64."""

    hashes: list[str]


class AnchorOut(Schema):
    """The newest receipt of one anchor: what was anchored, when as the anchor says, and the receipt itself, base64."""

    anchor: str
    kind: str
    size: int
    anchored_at: datetime
    reference: str
    note: str
    receipt: str


class PushKeyOut(Schema):
    """The key that verifies pushes, as Standard Webhooks writes it."""

    key: str


def _plain(text: str) -> HttpResponse:
    return HttpResponse(text, content_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-cache"})


@router.get("/log/checkpoint", summary="The signed checkpoint")
def checkpoint(request: HttpRequest) -> HttpResponse:
    """The log's last signed checkpoint (C2SP tlog-checkpoint), as text."""
    found = proofs.checkpoint()
    if found is None:
        raise not_found()
    return _plain(found.note)


@router.get("/log/key", summary="The log's verifier key")
def key(request: HttpRequest) -> HttpResponse:
    """The key that verifies checkpoints (C2SP signed-note verifier key), one line of text."""
    return _plain(proofs.log_key() + "\n")


@router.get("/log/keys", summary="All keys of the log")
def keys(request: HttpRequest) -> HttpResponse:
    """The keys whose lines stand under checkpoints, one a line: Ed25519 first, then further ones of the log itself."""
    lines = [proofs.log_key(), *(key.encode() for key in proofs.keys_beside())]
    return _plain("".join(line + "\n" for line in lines))


@router.get("/log/push-key", response=PushKeyOut, summary="The key that verifies pushes")
def push_key(request: HttpRequest) -> dict[str, str]:
    """The Ed25519 public key of webhook pushes."""
    return {"key": verifier_key()}


@router.get("/log/anchors", response=list[AnchorOut], summary="Where the log is anchored")
def anchored(request: HttpRequest) -> list[dict[str, Any]]:
    """The newest receipt of each anchor that is used; an export of the log has all of them."""
    return [
        {
            "anchor": item.anchor,
            "kind": item.kind,
            "size": item.newest.size,
            "anchored_at": item.newest.anchored_at,
            "reference": item.newest.reference,
            "note": item.newest.note,
            "receipt": to_base64(bytes(item.newest.receipt)),
        }
        for item in anchors.shown()
        if item.newest
    ]


@router.get("/log/tile/{path:rest}", summary="A tile")
def tile(request: HttpRequest, rest: str) -> HttpResponse:
    """A tile of hashes or a bundle of entries (C2SP tlog-tiles). Entries are salted commitments, never content."""
    try:
        data = proofs.tile(f"tile/{rest}")
    except ProofError as error:
        raise not_found() from error
    if data is None:
        raise not_found()
    return HttpResponse(data, content_type="application/octet-stream", headers={"Cache-Control": _FOR_EVER})


@router.get("/log/inclusion", response=HashesOut, summary="Proof that a position is in the log")
def inclusion(
    request: HttpRequest, position: int = Query(..., ge=1, le=2**53), size: int = Query(..., ge=1, le=2**53)
) -> dict[str, Any]:
    """The inclusion proof of a position in the log of a size, which may be any up to the present one."""
    return _hashes(proofs.inclusion(position=position, size=size))


@router.get("/log/consistency", response=HashesOut, summary="Proof that the log only grew")
def consistency(
    request: HttpRequest, old: int = Query(..., ge=1, le=2**53), new: int = Query(..., ge=1, le=2**53)
) -> dict[str, Any]:
    """The proof that the log of size ``new`` begins with the whole log of size ``old``."""
    return _hashes(proofs.consistency(old=old, new=new))


def _hashes(found: list[bytes] | None) -> dict[str, Any]:
    if found is None:
        raise not_found()
    return {"hashes": [to_base64(item) for item in found]}
