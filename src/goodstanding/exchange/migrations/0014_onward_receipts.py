"""Answers from further down: those to whom a recipient had passed a record on."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("exchange", "0013_reconciliation"),
    ]

    operations = [
        migrations.CreateModel(
            name="OnwardReceipt",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("holder", models.TextField()),
                (
                    "via",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), default=list, size=None
                    ),
                ),
                ("action", models.CharField(max_length=8)),
                ("signed", models.TextField()),
                ("received_at", models.DateTimeField()),
                ("position", models.BigIntegerField()),
                (
                    "receipt",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="further_down",
                        to="exchange.receipt",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("receipt", "holder", "via", "action"), name="one_onward_receipt_per_holder"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("holder", ""), _negated=True),
                        name="onward_receipt_names_its_holder",
                    ),
                ],
            },
        ),
    ]
