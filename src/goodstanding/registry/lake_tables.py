"""The table of the batches whose rows lie in the lake."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class LakeBatch(models.Model):
    """A batch of mass facts that went to the lake, as the journal announced it. Never changed afterwards.

    ``root`` is the Merkle root over its rows' content digests in row order; ``blocks`` are the hashes from which
    a proof of one row is made (``goodstanding.proof.RowTree``). ``snapshot`` is the lake's snapshot that holds the
    rows, ``event`` the event ``batch.committed`` that told of it.
    """

    public_id = models.UUIDField(unique=True, editable=False)
    item = models.ForeignKey(
        "registry.CatalogueItem", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    source = models.ForeignKey(
        "registry.Authority", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    contract = models.TextField()
    rows = models.BigIntegerField()
    root = models.BinaryField(max_length=32)
    blocks = models.BinaryField()
    snapshot = models.BigIntegerField()
    event = models.OneToOneField("registry.Event", on_delete=models.PROTECT, related_name="+")
    committed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="lake_batch_has_rows", condition=Q(rows__gte=1)),
            models.CheckConstraint(name="lake_batch_has_a_contract", condition=~Q(contract="")),
        ]
        indexes = [models.Index(fields=["source", "-committed_at"], name="lake_batch_by_source")]
