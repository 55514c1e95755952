"""Internal notes on cases, for the officers of the body that holds the case."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from goodstanding.registry.models import Account, Authority


class Note(models.Model):
    """What an officer wrote down on a case for the colleagues. Its text never changes.

    ``authority`` is the body whose officers read it, while that body holds the case: it follows a hand-over only where
    the officer says so. It goes where the content of the case's record is erased.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    case = models.ForeignKey("casework.Case", on_delete=models.PROTECT, related_name="+", db_index=False)
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="+", db_index=False)
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    text = models.TextField()
    at = models.DateTimeField()
    #: Chosen by the client; the same note sent again with it is written once.
    key = models.UUIDField(default=uuid.uuid4)

    class Meta:
        app_label = "casework"
        constraints = [
            models.UniqueConstraint(name="one_note_per_key", fields=["case", "key"]),
            models.CheckConstraint(name="note_says_something", condition=~Q(text="")),
        ]
