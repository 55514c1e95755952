"""What records and events refer to is checked a statement at a time: see ``sql/references.sql``."""

from pathlib import Path
from typing import Any

import django.db.models.deletion
from django.db import migrations, models

SQL = Path(__file__).resolve().parent.parent / "sql" / "references.sql"


def _unchecked(model: str, name: str, *, to: str, **more: Any) -> migrations.AlterField:
    field = models.ForeignKey(
        db_constraint=False,
        db_index=False,
        on_delete=django.db.models.deletion.PROTECT,
        related_name=more.pop("related_name", "+"),
        to=f"registry.{to}",
        **more,
    )
    return migrations.AlterField(model_name=model, name=name, field=field)


class Migration(migrations.Migration):
    dependencies = [("registry", "0007_linked_entities")]
    operations = [
        _unchecked("record", "entity", to="entity", related_name="records"),
        _unchecked("record", "authority", to="authority"),
        _unchecked("record", "source", to="authority"),
        _unchecked("event", "entity", to="entity", null=True),
        _unchecked("event", "record", to="record", null=True),
        migrations.AlterField(
            model_name="salt",
            name="event",
            field=models.OneToOneField(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                primary_key=True,
                related_name="salt",
                serialize=False,
                to="registry.event",
            ),
        ),
        migrations.RunSQL(SQL.read_text(), reverse_sql=migrations.RunSQL.noop),
    ]
