"""Tombstones, removals that came too early, findings against sources; a state for erased content."""

import uuid
from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

SQL = Path(__file__).resolve().parent.parent / "sql" / "tombstones.sql"


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0005_sweep"),
    ]

    operations = [
        migrations.CreateModel(
            name="EarlyRemoval",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("natural_key", models.BinaryField(max_length=32)),
                ("change", models.CharField(max_length=8)),
                ("batch", models.BigIntegerField(null=True)),
                ("row", models.BigIntegerField()),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="SourceFinding",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("same", "the removed record, reported again"),
                            ("alike", "looks like a removed record"),
                            ("early", "removed by its source before it was reported"),
                        ],
                        max_length=5,
                    ),
                ),
                ("batch", models.BigIntegerField(null=True)),
                ("row", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                ("natural_key", models.BinaryField(max_length=32)),
                ("content_digest", models.BinaryField(max_length=32)),
                (
                    "decision",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("cleared", "another finding: it may come in"),
                            ("upheld", "the removed record: it stays out"),
                        ],
                        max_length=7,
                    ),
                ),
                ("reasons", models.TextField(blank=True)),
                ("decided_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Tombstone",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("position", models.BigIntegerField()),
                ("name_mark", models.BinaryField(max_length=16)),
                ("day", models.BinaryField(max_length=16)),
                ("document", models.BinaryField(max_length=16, null=True)),
                ("variants", models.BinaryField()),
                ("numbers", models.BinaryField()),
                ("amount", models.BinaryField(max_length=16, null=True)),
                ("sketch", models.BinaryField()),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="record",
            name="record_state_is_known",
        ),
        migrations.AlterField(
            model_name="record",
            name="state",
            field=models.CharField(
                choices=[
                    ("published", "published"),
                    ("unpublished", "not published by law"),
                    ("ended", "publication ended at its maximum"),
                    ("restored", "restored"),
                    ("withdrawn", "withdrawn by the issuing body"),
                    ("redacted", "content erased"),
                ],
                max_length=12,
            ),
        ),
        migrations.AddConstraint(
            model_name="record",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["published", "unpublished", "ended", "restored", "withdrawn", "redacted"])
                ),
                name="record_state_is_known",
            ),
        ),
        migrations.AddField(
            model_name="earlyremoval",
            name="source",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="registry.authority",
            ),
        ),
        migrations.AddField(
            model_name="sourcefinding",
            name="decided_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="registry.account",
            ),
        ),
        migrations.AddField(
            model_name="sourcefinding",
            name="record",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.record"
            ),
        ),
        migrations.AddField(
            model_name="sourcefinding",
            name="source",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="registry.authority",
            ),
        ),
        migrations.AddField(
            model_name="tombstone",
            name="entity",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="registry.entity",
            ),
        ),
        migrations.AddField(
            model_name="tombstone",
            name="record",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="tombstone", to="registry.record"
            ),
        ),
        migrations.AddField(
            model_name="tombstone",
            name="removed_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="registry.authority",
            ),
        ),
        migrations.AddConstraint(
            model_name="earlyremoval",
            constraint=models.UniqueConstraint(
                fields=("natural_key", "source"), name="one_early_removal_per_source"
            ),
        ),
        migrations.AddConstraint(
            model_name="earlyremoval",
            constraint=models.CheckConstraint(
                condition=models.Q(("change__in", ["annul", "redact"])), name="early_removal_removes"
            ),
        ),
        migrations.AddIndex(
            model_name="sourcefinding",
            index=models.Index(fields=["source", "-at"], name="finding_by_source"),
        ),
        migrations.AddIndex(
            model_name="sourcefinding",
            index=models.Index(
                condition=models.Q(("decision", "cleared")), fields=["natural_key"], name="finding_cleared"
            ),
        ),
        migrations.AddConstraint(
            model_name="sourcefinding",
            constraint=models.UniqueConstraint(fields=("batch", "row"), name="one_finding_per_row"),
        ),
        migrations.AddConstraint(
            model_name="sourcefinding",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_at__isnull", True), ("decision", "")),
                    models.Q(
                        ("decided_at__isnull", False),
                        ("decided_by__isnull", False),
                        models.Q(("reasons", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="a_decided_finding_says_who_and_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="sourcefinding",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["same", "alike", "early"])), name="finding_kind_is_known"
            ),
        ),
        migrations.AddIndex(
            model_name="tombstone",
            index=models.Index(fields=["entity"], name="tombstone_by_entity"),
        ),
        migrations.AddIndex(
            model_name="tombstone",
            index=models.Index(fields=["name_mark"], name="tombstone_by_name"),
        ),
        migrations.RunSQL(SQL.read_text(), reverse_sql=migrations.RunSQL.noop),
    ]
