"""How far the sweep has told who may be restored, and the indexes by which it finds what is due."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registry", "0004_lake_batches")]
    operations = [
        migrations.CreateModel(
            name="SweepCursor",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("day", models.DateField()),
                ("record_id", models.BigIntegerField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(name="sweep_has_one_cursor", condition=models.Q(("id", 1)))
                ],
            },
        ),
        migrations.RemoveIndex(model_name="record", name="record_ending"),
        migrations.AddIndex(
            model_name="record",
            index=models.Index(
                fields=["publish_until", "id"],
                name="record_ending",
                condition=models.Q(("state", "published")),
            ),
        ),
        migrations.AddIndex(
            model_name="record",
            index=models.Index(
                fields=["restorable_from", "id"],
                name="record_becoming_restorable",
                condition=models.Q(("restorable", True), ("restorable_from__isnull", False)),
            ),
        ),
    ]
