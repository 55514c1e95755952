"""Checkpoints that witnesses cosigned, and those of theirs that contradict this log."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("exchange", "0002_facts_may_be_agreed"),
    ]

    operations = [
        migrations.CreateModel(
            name="WitnessedCheckpoint",
            fields=[
                ("size", models.BigIntegerField(primary_key=True, serialize=False)),
                ("root", models.BinaryField(max_length=32)),
                ("note", models.TextField()),
                ("signed_at", models.DateTimeField()),
                (
                    "witnesses",
                    django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Contradiction",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("witness", models.TextField()),
                ("note", models.TextField()),
                ("size", models.BigIntegerField()),
                ("found_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("witness", "note"), name="one_contradiction_per_checkpoint"
                    )
                ],
            },
        ),
    ]
