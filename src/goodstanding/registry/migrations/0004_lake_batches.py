"""Batches whose rows lie in the lake, each with the root that the journal announced. Never changed or removed."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

GUARDS = """
    ALTER TABLE registry_lakebatch ADD CONSTRAINT lake_batch_root_is_a_hash CHECK (
        octet_length(root) = 32 AND octet_length(blocks) = 32 * ((rows + 65535) / 65536)
    );
    CREATE TRIGGER lake_batch_append_only BEFORE UPDATE OR DELETE ON registry_lakebatch
        FOR EACH ROW EXECUTE FUNCTION registry_refuse_change();
    CREATE TRIGGER lake_batch_never_truncated BEFORE TRUNCATE ON registry_lakebatch
        FOR EACH STATEMENT EXECUTE FUNCTION registry_refuse_change();
"""


def _refers_to(model: str) -> "models.ForeignKey[Any, Any]":
    return models.ForeignKey(
        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=model
    )


class Migration(migrations.Migration):
    dependencies = [("registry", "0003_catalogue")]
    operations = [
        migrations.CreateModel(
            name="LakeBatch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(editable=False, unique=True)),
                ("item", _refers_to("registry.catalogueitem")),
                ("source", _refers_to("registry.authority")),
                ("contract", models.TextField()),
                ("rows", models.BigIntegerField()),
                ("root", models.BinaryField(max_length=32)),
                ("blocks", models.BinaryField()),
                ("snapshot", models.BigIntegerField()),
                (
                    "event",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.event"
                    ),
                ),
                ("committed_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(name="lake_batch_has_rows", condition=models.Q(("rows__gte", 1))),
                    models.CheckConstraint(
                        name="lake_batch_has_a_contract",
                        condition=models.Q(("contract", ""), _negated=True),
                    ),
                ],
                "indexes": [
                    models.Index(fields=["source", "-committed_at"], name="lake_batch_by_source"),
                ],
            },
        ),
        migrations.RunSQL(GUARDS, reverse_sql=migrations.RunSQL.noop),
    ]
