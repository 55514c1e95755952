import uuid
from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q

SQL = Path(__file__).resolve().parent.parent / "sql" / "templates.sql"


class Migration(migrations.Migration):
    dependencies = [("casework", "0010_absence"), ("registry", "0013_withdrawals")]

    operations = [
        migrations.CreateModel(
            name="ReasonsTemplate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("series", models.UUIDField(default=uuid.uuid4)),
                ("version", models.PositiveIntegerField(default=1)),
                ("kind", models.CharField(max_length=16)),
                ("event", models.CharField(max_length=16)),
                ("name", models.CharField(max_length=80)),
                ("text_zh", models.TextField()),
                ("text_en", models.TextField(blank=True)),
                ("at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "authority",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.authority",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.account",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="reasonstemplate",
            constraint=models.UniqueConstraint(fields=("series", "version"), name="one_template_per_version"),
        ),
        migrations.AddConstraint(
            model_name="reasonstemplate",
            constraint=models.UniqueConstraint(
                condition=Q(ended_at__isnull=True),
                fields=("authority", "kind", "event", "name"),
                name="one_template_per_name",
            ),
        ),
        migrations.AddConstraint(
            model_name="reasonstemplate",
            constraint=models.CheckConstraint(
                condition=~Q(name="") & ~Q(text_zh=""), name="template_says_something"
            ),
        ),
        migrations.AddConstraint(
            model_name="reasonstemplate",
            constraint=models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("at")),
                name="template_ends_after_it_began",
            ),
        ),
        migrations.RunSQL(SQL.read_text(), reverse_sql=migrations.RunSQL.noop),
    ]
