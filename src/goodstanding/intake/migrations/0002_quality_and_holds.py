"""How good a batch is, and batches that wait for the operator."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("intake", "0001_initial"),
        ("registry", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="BatchQuality",
            fields=[
                (
                    "batch",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="quality",
                        serialize=False,
                        to="intake.batch",
                    ),
                ),
                ("rows", models.BigIntegerField(default=0)),
                ("faulty", models.BigIntegerField(default=0)),
                ("optional_cells", models.BigIntegerField(default=0)),
                ("optional_filled", models.BigIntegerField(default=0)),
                ("repeated", models.BigIntegerField(default=0)),
                ("out_of_order", models.BigIntegerField(default=0)),
                ("dated", models.BigIntegerField(default=0)),
                ("on_time", models.BigIntegerField(default=0)),
                ("rejected", models.BigIntegerField(default=0)),
                ("disagreeing", models.BigIntegerField(default=0)),
                ("superseding", models.BigIntegerField(default=0)),
                ("total", models.DecimalField(decimal_places=1, max_digits=4, null=True)),
                ("findings", models.JSONField(default=list)),
                ("finished", models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name="Hold",
            fields=[
                (
                    "batch",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="hold",
                        serialize=False,
                        to="intake.batch",
                    ),
                ),
                ("held_at", models.DateTimeField()),
                ("grounds", models.JSONField()),
                (
                    "decision",
                    models.CharField(
                        blank=True, choices=[("released", "released"), ("refused", "refused")], max_length=8
                    ),
                ),
                ("reason", models.TextField(blank=True)),
                ("decided_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="batch",
            name="batch_state_is_known",
        ),
        migrations.AddField(
            model_name="batch",
            name="compression",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="batch",
            name="encoding_found",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="batch",
            name="form",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="batch",
            name="stated_encoding",
            field=models.TextField(blank=True),
        ),
        migrations.AlterField(
            model_name="batch",
            name="state",
            field=models.CharField(
                choices=[
                    ("received", "received"),
                    ("running", "being taken in"),
                    ("done", "taken in"),
                    ("failed", "could not be read"),
                    ("held", "held for the operator"),
                    ("refused", "refused by the operator"),
                ],
                default="received",
                max_length=8,
            ),
        ),
        migrations.AddConstraint(
            model_name="batch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["received", "running", "done", "failed", "held", "refused"])
                ),
                name="batch_state_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="batch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["held", "refused"]), _negated=True),
                    ("next_row", 0),
                    _connector="OR",
                ),
                name="nothing_of_a_held_batch_enters",
            ),
        ),
        migrations.AddConstraint(
            model_name="batchquality",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("disagreeing__lte", models.F("rejected")),
                    ("faulty__lte", models.F("rows")),
                    ("on_time__lte", models.F("dated")),
                    ("optional_filled__lte", models.F("optional_cells")),
                    ("out_of_order__lte", models.F("rows")),
                    ("rejected__lte", models.F("rows")),
                    ("repeated__lte", models.F("rows")),
                    ("superseding__lte", models.F("rows")),
                ),
                name="quality_counts_parts_of_wholes",
            ),
        ),
        migrations.AddConstraint(
            model_name="batchquality",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("total__isnull", True), models.Q(("total__gte", 0), ("total__lte", 100)), _connector="OR"
                ),
                name="a_total_is_between_0_and_100",
            ),
        ),
        migrations.AddField(
            model_name="hold",
            name="decided_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="registry.account",
            ),
        ),
        migrations.AddConstraint(
            model_name="hold",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_at__isnull", True), ("decision", ""), ("reason", "")),
                    models.Q(
                        ("decided_at__isnull", False),
                        ("decision__in", ["released", "refused"]),
                        models.Q(("reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="a_decision_on_a_held_batch_is_dated_and_reasoned",
            ),
        ),
    ]
