import uuid
from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q

SQL = Path(__file__).resolve().parent.parent / "sql" / "annulments.sql"


class Migration(migrations.Migration):
    dependencies = [("casework", "0012_internal_notes"), ("registry", "0013_withdrawals")]

    operations = [
        migrations.CreateModel(
            name="Annulment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("act", models.CharField(max_length=8)),
                ("document", models.CharField(max_length=200)),
                ("reasons", models.TextField(blank=True)),
                ("changes", models.JSONField(default=dict)),
                ("at", models.DateTimeField()),
                ("outcome", models.CharField(blank=True, max_length=9)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.account",
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.account",
                    ),
                ),
                (
                    "record",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.record"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="annulment",
            constraint=models.UniqueConstraint(
                condition=Q(ended_at__isnull=True), fields=("record",), name="one_open_annulment_per_record"
            ),
        ),
        migrations.AddConstraint(
            model_name="annulment",
            constraint=models.CheckConstraint(
                condition=(Q(act="withdraw", changes={}) & ~Q(reasons="")) | (Q(act="correct") & ~Q(changes={})),
                name="annulment_says_what_and_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="annulment",
            constraint=models.CheckConstraint(
                condition=Q(outcome="", ended_at__isnull=True, ended_by__isnull=True)
                | Q(outcome__in=["confirmed", "dropped"], ended_at__isnull=False, ended_by__isnull=False),
                name="annulment_ends_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="annulment",
            constraint=models.CheckConstraint(
                condition=~Q(outcome="confirmed") | ~Q(ended_by=F("by")),
                name="nobody_confirms_his_own_annulment",
            ),
        ),
        migrations.RunSQL(SQL.read_text(), reverse_sql=migrations.RunSQL.noop),
    ]
