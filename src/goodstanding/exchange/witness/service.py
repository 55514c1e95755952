"""One request to a witness: look at what is held, judge, store, cosign."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from goodstanding.proof import (
    AddCheckpoint,
    CosignerKey,
    Note,
    ProofError,
    VerifierKey,
    WitnessRefusal,
    cosign,
    judge,
    origin_hash,
    parse_note,
    signed_checkpoint,
)

from .state import Evidence, State


class Witness:
    """A witness of some logs, under one name and key."""

    def __init__(self, *, cosigner: CosignerKey, logs: Sequence[VerifierKey], state: State) -> None:
        """``logs``: the keys of the logs to witness; a key's name is its log's origin, which may have several."""
        self.cosigner = cosigner
        self.state = state
        self._logs: Mapping[str, list[VerifierKey]] = {
            key.name: [other for other in logs if other.name == key.name] for key in logs
        }
        self._origins = {origin_hash(origin): origin for origin in self._logs}

    def add_checkpoint(self, body: bytes, *, at: int) -> str:
        """Cosign the checkpoint of a request, if it extends all that was cosigned before.

        Checking and storing are one transaction, and the cosignature leaves only after it, so no crash and no race can
        make this witness cosign two histories or go back.

        Args:
            body: the request's body.
            at: the present time, seconds since 1970.

        Returns:
            The cosignature's line.

        Raises:
            WitnessRefusal: with the status to answer.
        """
        try:
            request = AddCheckpoint.decode(body)
        except ProofError as error:
            raise WitnessRefusal(400, error) from None
        checkpoint, note = signed_checkpoint(request, logs=self._logs)
        with self.state.transaction():
            held = self.state.held(checkpoint.origin)
            judged = judge(request, checkpoint=checkpoint, held=held.checkpoint if held else None)
            refusal = judged.refusal
            if refusal is None:
                text = parse_note(note)
                line = cosign(text.text, cosigner=self.cosigner, timestamp=at)
                self.state.hold(
                    checkpoint, Note(text=text.text, signatures=(*text.signatures, line)).encode()
                )
                answer = line.line
            elif held is not None and (judged.split or refusal.status == 422):
                self.state.keep(
                    Evidence(checkpoint.origin, at, judged.split, held.note, note, str(refusal.cause))
                )
        if refusal is not None:
            raise refusal
        return answer

    def latest(self, origin_hash: str) -> str | None:
        """The last checkpoint that was cosigned, by the hex SHA-256 of its log's origin; None where there is none."""
        origin = self._origins.get(origin_hash)
        if origin is None:
            return None
        with self.state.transaction():
            held = self.state.held(origin)
        return held and held.note
