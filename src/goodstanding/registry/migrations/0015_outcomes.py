"""What bodies report once a record was removed or corrected."""

import uuid
from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

SQL = Path(__file__).resolve().parent.parent / "sql" / "outcomes.sql"


class Migration(migrations.Migration):
    dependencies = [("registry", "0014_withdrawals_stay")]
    operations = [
        migrations.CreateModel(
            name="Outcome",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "part",
                    models.CharField(
                        choices=[
                            ("measure", "measure lifted"),
                            ("evaluation", "credit evaluation redone"),
                            ("credit", "credit reopened"),
                            ("exclusion", "admitted again to tenders and procurement"),
                        ],
                        max_length=10,
                    ),
                ),
                ("measure", models.CharField(blank=True, max_length=32)),
                (
                    "result",
                    models.CharField(
                        choices=[
                            ("done", "done"),
                            ("refused", "refused, with reasons"),
                            ("nothing", "there was nothing to do"),
                        ],
                        max_length=7,
                    ),
                ),
                ("on", models.DateField(null=True)),
                ("reasons", models.TextField(blank=True)),
                ("key", models.UUIDField()),
                ("at", models.DateTimeField()),
                ("position", models.BigIntegerField(unique=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.account"
                    ),
                ),
                (
                    "authority",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.authority",
                    ),
                ),
                (
                    "record",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="outcomes",
                        to="registry.record",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("account", "key"), name="one_outcome_per_key"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("part", "measure"), models.Q(("measure", ""), _negated=True)),
                            models.Q(("measure", ""), ("part__in", ["evaluation", "credit", "exclusion"])),
                            _connector="OR",
                        ),
                        name="outcome_part_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("on__isnull", False), ("result", "done")),
                            models.Q(
                                ("on__isnull", True),
                                ("result", "refused"),
                                models.Q(("reasons", ""), _negated=True),
                            ),
                            models.Q(("on__isnull", True), ("result", "nothing")),
                            _connector="OR",
                        ),
                        name="outcome_says_its_day_or_why_not",
                    ),
                ],
            },
        ),
        migrations.RunSQL(SQL.read_text(), reverse_sql=migrations.RunSQL.noop),
    ]
