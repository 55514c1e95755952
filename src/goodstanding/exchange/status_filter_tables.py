"""Table of the status filter: the sections that make up the file which everyone is given now."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class StatusFilterSection(models.Model):
    """One signed section. ``after`` is the digest of the one that it continues, empty for the first of a file.

    A new first section takes the place of all before it; the journal keeps the digest of each.
    """

    #: The position of its own event, ``filter.issued``.
    position = models.BigIntegerField(primary_key=True)
    #: The journal position up to which it says of every record ever published whether it may be held.
    size = models.BigIntegerField()
    issued_at = models.DateTimeField()
    partition = models.CharField(max_length=16, blank=True)
    #: SHA-256 (hex) of ``data``.
    digest = models.CharField(max_length=64, unique=True)
    after = models.CharField(max_length=64, blank=True)
    data = models.BinaryField()
    #: How many bytes the whole file has; set by ``status_filter.newest``.
    whole: int

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_first_filter_section", fields=["after"]),
            models.CheckConstraint(
                name="filter_digests_are_sha256",
                condition=Q(digest__regex="^[0-9a-f]{64}$")
                & (Q(after="") | Q(after__regex="^[0-9a-f]{64}$")),
            ),
        ]
