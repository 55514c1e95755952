"""Agreements get documents in versions, signatures, and the days on which each version holds."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Func, IntegerField, Q
from django.db.models.lookups import Exact


def _id() -> models.BigAutoField:
    return models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


def _has_bytes(field: str, number: int) -> Exact:
    return Exact(Func(F(field), function="length", output_field=IntegerField()), number)


class Migration(migrations.Migration):
    dependencies = [("exchange", "0005_verifiable_map")]
    operations = [
        migrations.AddField("agreement", "reference", models.SlugField(max_length=60, null=True)),
        migrations.AddField("agreement", "suspended_on", models.DateField(null=True)),
        migrations.AddField("agreement", "reason", models.TextField(blank=True, default="")),
        migrations.AddField("agreement", "deletion", models.TextField(blank=True, default="")),
        migrations.AddField("agreement", "deleted", models.BigIntegerField(null=True)),
        migrations.AddField("agreement", "deletion_at", models.DateTimeField(null=True)),
        migrations.CreateModel(
            name="AgreementVersion",
            fields=[
                ("id", _id()),
                ("version", models.CharField(max_length=20)),
                ("document", models.JSONField()),
                ("digest", models.BinaryField(max_length=32)),
                ("breaking", models.BooleanField()),
                ("drafted_at", models.DateTimeField()),
                ("provider_signature", models.BinaryField(max_length=64, null=True)),
                ("recipient_signature", models.BinaryField(max_length=64, null=True)),
                ("paper", models.TextField(blank=True)),
                ("concluded_at", models.DateTimeField(null=True)),
                (
                    "agreement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="exchange.agreement",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        name="one_text_per_agreement_version", fields=["agreement", "version"]
                    ),
                    models.CheckConstraint(
                        name="agreement_digest_is_32_bytes", condition=_has_bytes("digest", 32)
                    ),
                    models.CheckConstraint(
                        name="agreement_signatures_are_64_bytes",
                        condition=(Q(provider_signature__isnull=True) | _has_bytes("provider_signature", 64))
                        & (Q(recipient_signature__isnull=True) | _has_bytes("recipient_signature", 64)),
                    ),
                    models.CheckConstraint(
                        name="concluded_agreement_is_signed",
                        condition=Q(concluded_at__isnull=True)
                        | (
                            Q(provider_signature__isnull=False)
                            & (Q(breaking=False) | Q(recipient_signature__isnull=False) | ~Q(paper=""))
                        ),
                    ),
                ]
            },
        ),
        migrations.CreateModel(
            name="AgreementTerm",
            fields=[
                ("id", _id()),
                ("first", models.DateField()),
                ("until", models.DateField(null=True)),
                ("last_read", models.DateField(null=True)),
                (
                    "agreement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="terms",
                        to="exchange.agreement",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="terms",
                        to="exchange.agreementversion",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        name="one_open_term_per_agreement",
                        fields=["agreement"],
                        condition=Q(last_read__isnull=True),
                    ),
                    models.CheckConstraint(
                        name="term_runs_forward",
                        condition=Q(until__isnull=True) | Q(until__gte=F("first")),
                    ),
                    models.CheckConstraint(
                        name="closed_term_has_its_day",
                        condition=Q(last_read__isnull=True) | Q(until__isnull=False),
                    ),
                ]
            },
        ),
    ]
