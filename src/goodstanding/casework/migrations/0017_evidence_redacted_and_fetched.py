"""Whose evidence a file is: handed in by whom, or fetched from which body; versions for those who may not read it whole;
and what is being fetched."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("casework", "0016_evidence_by_content"), ("registry", "0012_corrections")]

    operations = [
        migrations.AddField(
            model_name="evidence",
            name="by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="registry.account",
            ),
        ),
        migrations.AddField(
            model_name="evidence",
            name="holder_en",
            field=models.CharField(blank=True, default="", max_length=200),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="evidence",
            name="holder_zh",
            field=models.CharField(blank=True, default="", max_length=200),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="evidence",
            name="redacts",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="redactions",
                to="casework.evidence",
            ),
        ),
        migrations.AddConstraint(
            model_name="evidence",
            constraint=models.CheckConstraint(
                name="what_is_fetched_is_handed_in_by_nobody",
                condition=Q(holder_en="", holder_zh="")
                | (~Q(holder_en="") & ~Q(holder_zh="") & Q(by__isnull=True, redacts__isnull=True)),
            ),
        ),
        migrations.CreateModel(
            name="Fetch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("material", models.CharField(max_length=64)),
                ("holder_en", models.CharField(max_length=200)),
                ("holder_zh", models.CharField(max_length=200)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "being fetched"),
                            ("found", "fetched"),
                            ("absent", "the holder has none"),
                            ("failed", "could not be fetched"),
                        ],
                        default="waiting",
                        max_length=7,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("next_at", models.DateTimeField(null=True)),
                ("reason_en", models.TextField(blank=True)),
                ("reason_zh", models.TextField(blank=True)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="fetches",
                        to="casework.case",
                    ),
                ),
                (
                    "evidence",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="casework.evidence",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        name="one_fetch_per_case_and_material", fields=["case", "material"]
                    ),
                    models.CheckConstraint(
                        name="fetch_state_is_known",
                        condition=Q(state__in=["waiting", "found", "absent", "failed"]),
                    ),
                    models.CheckConstraint(
                        name="fetch_ends_with_its_evidence_or_a_reason",
                        condition=Q(state="waiting", next_at__isnull=False, evidence__isnull=True)
                        | Q(state="found", next_at__isnull=True, evidence__isnull=False)
                        | (Q(state__in=["absent", "failed"], next_at__isnull=True) & ~Q(reason_en="")),
                    ),
                ],
                "indexes": [
                    models.Index(fields=["next_at"], name="fetch_due", condition=Q(next_at__isnull=False)),
                ],
            },
        ),
    ]
