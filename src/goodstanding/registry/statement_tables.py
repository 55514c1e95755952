"""Table of statements: what was attached to records and taken off again."""

from __future__ import annotations

from django.db import models


class RecordStatement(models.Model):
    """A statement (附注、声明) that was attached to a record; an empty text took it off. Append-only.

    What a record shows now is its ``statement``: the database holds it to the last row here
    (``sql/statements.sql``). ``position`` is the journal position of the event that told of it. Both go where the
    content of the record is erased.
    """

    record = models.ForeignKey("registry.Record", on_delete=models.PROTECT, related_name="statements")
    text = models.CharField(max_length=500, blank=True)
    account = models.ForeignKey(
        "registry.Account", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    at = models.DateTimeField()
    position = models.BigIntegerField(unique=True)
