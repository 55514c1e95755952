"""Corrections by a decision, and the finding against a source that reports what was corrected again."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

SQL = Path(__file__).resolve().parent.parent / "sql" / "corrections.sql"


class Migration(migrations.Migration):
    dependencies = [("registry", "0011_shielded_records")]
    operations = [
        migrations.CreateModel(
            name="Correction",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("natural_key", models.BinaryField(max_length=32)),
                ("field", models.TextField()),
                ("wrong", models.TextField()),
                ("right", models.TextField()),
                ("document", models.TextField()),
                ("at", models.DateTimeField()),
                ("position", models.BigIntegerField()),
                (
                    "record",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrections",
                        to="registry.record",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("position", "field"), name="one_correction_per_field")
                ],
                "indexes": [models.Index(fields=["natural_key"], name="correction_by_key")],
            },
        ),
        migrations.RunSQL(SQL.read_text(), reverse_sql=migrations.RunSQL.noop),
        migrations.RemoveConstraint(model_name="sourcefinding", name="finding_kind_is_known"),
        migrations.AlterField(
            model_name="sourcefinding",
            name="kind",
            field=models.CharField(
                choices=[
                    ("same", "the removed record, reported again"),
                    ("alike", "looks like a removed record"),
                    ("early", "removed by its source before it was reported"),
                    ("corrected", "corrected by a decision, reported again as it was"),
                ],
                max_length=9,
            ),
        ),
        migrations.AddConstraint(
            model_name="sourcefinding",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["same", "alike", "early", "corrected"])),
                name="finding_kind_is_known",
            ),
        ),
    ]
