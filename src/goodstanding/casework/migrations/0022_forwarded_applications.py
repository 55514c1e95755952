"""Applications whose records live in another instance, and those that another instance vouches for."""

import django.contrib.postgres.fields
import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("casework", "0021_words_are_erased"),
        ("registry", "0018_foreign_records"),
    ]

    operations = [
        migrations.CreateModel(
            name="Vouched",
            fields=[
                (
                    "application",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="vouched",
                        serialize=False,
                        to="casework.application",
                    ),
                ),
                ("scheme", models.CharField(max_length=16)),
                ("code", models.TextField()),
                ("way", django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None)),
                ("handed_in_at", models.DateTimeField()),
                ("voucher", models.TextField()),
                ("signature", models.BinaryField(max_length=64)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.account"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Forwarding",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "not yet taken"),
                            ("open", "being decided"),
                            ("ended", "decided"),
                            ("refused", "not taken"),
                        ],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("told", models.JSONField(default=dict)),
                ("changed_at", models.DateTimeField()),
                ("next_at", models.DateTimeField(null=True)),
                ("error", models.TextField(blank=True)),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="forwardings",
                        to="casework.application",
                    ),
                ),
                (
                    "neighbour",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.neighbour"
                    ),
                ),
                (
                    "record",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.record"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("next_at__isnull", False)),
                        fields=["next_at"],
                        name="forwarding_due",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("application", "record"), name="one_forwarding_per_record"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("next_at__isnull", False), ("state__in", ["waiting", "open"])),
                            models.Q(("next_at__isnull", True), ("state__in", ["ended", "refused"])),
                            _connector="OR",
                        ),
                        name="forwarding_ends_or_is_asked_for",
                    ),
                ],
            },
        ),
    ]
