"""Records that live in another instance, the neighbours that they come from, and the receipts owed to them."""

from pathlib import Path

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

SQL = Path(__file__).resolve().parent.parent / "sql" / "foreign.sql"


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0017_records_by_document_number"),
    ]

    operations = [
        migrations.AddField(
            model_name="record",
            name="home",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.CreateModel(
            name="Neighbour",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.SlugField(max_length=40, unique=True)),
                ("url", models.TextField()),
                ("origin", models.TextField(unique=True)),
                ("key", models.TextField()),
                ("subscriber", models.TextField()),
                ("agreements", models.JSONField(default=list)),
                ("joined_at", models.DateTimeField()),
                ("tree", models.BinaryField()),
                ("position", models.BigIntegerField(default=0)),
                ("checkpoint", models.TextField(blank=True)),
                ("confirmed", models.BigIntegerField(default=0)),
                ("passed_up", models.BigIntegerField(default=0)),
                ("followed_at", models.DateTimeField(null=True)),
                ("failures", models.PositiveIntegerField(default=0)),
                ("next_at", models.DateTimeField(null=True)),
                ("error", models.TextField(blank=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("name", ""), _negated=True),
                            models.Q(("url", ""), _negated=True),
                            models.Q(("origin", ""), _negated=True),
                            models.Q(("key", ""), _negated=True),
                        ),
                        name="neighbour_is_named",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("confirmed__lte", models.F("position"))),
                        name="neighbour_confirms_what_it_has",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ForeignRecord",
            fields=[
                (
                    "record",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="foreign",
                        serialize=False,
                        to="registry.record",
                    ),
                ),
                ("position", models.BigIntegerField()),
                (
                    "onward",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), default=list, size=None
                    ),
                ),
                (
                    "passed_on",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), default=list, size=None
                    ),
                ),
                (
                    "neighbour",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="records",
                        to="registry.neighbour",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="OwedReceipt",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.BigIntegerField()),
                ("signed", models.TextField()),
                ("sent_at", models.DateTimeField(null=True)),
                (
                    "neighbour",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="receipts",
                        to="registry.neighbour",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("neighbour", "position"), name="one_receipt_per_neighbours_removal"
                    )
                ],
            },
        ),
        migrations.RunSQL(SQL.read_text(), reverse_sql=migrations.RunSQL.noop),
    ]
