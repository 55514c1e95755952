"""Tables of data contracts: each version as it was accepted, and who has to sign a breaking one."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from django.db import models
from django.db.models import Q

from goodstanding.registry.models import Account, Authority


class ContractVersion(models.Model):
    """One version of a data contract. Files are taken in under it once ``accepted_at`` is set."""

    contract = models.TextField()
    version = models.TextField()
    #: SHA-256 of the contract's content; comments and order of keys in the file do not count.
    digest = models.CharField(max_length=64)
    #: The file, word for word.
    text = models.TextField()
    #: What changed since the version in use when it was proposed.
    changes = models.JSONField(default=list)
    breaking = models.BooleanField()
    proposed_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_text_per_contract_version", fields=["contract", "version"]),
        ]

    def __str__(self) -> str:
        return f"{self.contract}@{self.version}"


class SignOff(models.Model):
    """A consumer who is asked to sign a breaking version: a subscriber's account, or an authority that sends.

    Its answer is a signature or an objection; the later one takes the place of the earlier.
    """

    version = models.ForeignKey(ContractVersion, on_delete=models.CASCADE, related_name="sign_offs")
    account = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    authority = models.ForeignKey(Authority, null=True, on_delete=models.PROTECT, related_name="+")
    signed_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField(null=True)
    #: Why the consumer does not agree, in its own words.
    objection = models.TextField(blank=True, default="")
    objected_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    objected_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="sign_off_is_of_one_consumer",
                condition=Q(account__isnull=False, authority__isnull=True)
                | Q(account__isnull=True, authority__isnull=False),
            ),
            models.CheckConstraint(
                name="a_signature_has_its_signer_and_its_time",
                condition=Q(signed_by__isnull=True, signed_at__isnull=True)
                | Q(signed_by__isnull=False, signed_at__isnull=False),
            ),
            models.CheckConstraint(
                name="an_objection_has_its_words_and_is_no_signature",
                condition=Q(objection="", objected_by__isnull=True, objected_at__isnull=True)
                | (
                    Q(objected_by__isnull=False, objected_at__isnull=False, signed_at__isnull=True)
                    & ~Q(objection="")
                ),
            ),
            models.UniqueConstraint(
                name="one_sign_off_per_consumer",
                fields=["version", "account", "authority"],
                nulls_distinct=False,
            ),
        ]

    @property
    def consumer(self) -> str:
        """How the consumer is named to people."""
        if self.authority is not None:
            return self.authority.name_zh
        assert self.account is not None
        return self.account.user.username

    @property
    def answer(self) -> Literal["signed", "objected", "asked"]:
        """How it stands with this consumer."""
        if self.signed_at is not None:
            return "signed"
        return "objected" if self.objection else "asked"

    @property
    def answered_by(self) -> Account | None:
        """Who gave the answer that stands."""
        return self.signed_by or self.objected_by

    @property
    def answered_at(self) -> datetime | None:
        """When the answer that stands was given."""
        return self.signed_at or self.objected_at
