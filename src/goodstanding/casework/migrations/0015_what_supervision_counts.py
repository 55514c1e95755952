import django.db.models.deletion
from django.db import migrations, models

COLUMNS = '("on", authority_id, kind, stage, state, days, clocks, late)'
#: What was handled before: steps and clocks each by themselves, since only sums are asked for.
FILL = f"""
    INSERT INTO casework_handled {COLUMNS}
    SELECT s."on", c.authority_id, c.kind, CASE s.event WHEN 'accept' THEN 'accept' ELSE 'decide' END, s.to_state,
        s."on" - a.received_on, 0, 0
    FROM casework_step s JOIN casework_case c ON c.id = s.case_id
    JOIN casework_application a ON a.id = c.application_id
    WHERE s.event = 'accept' OR (s.to_state IN ('granted', 'denied', 'refused') AND s.from_state <> s.to_state);
    INSERT INTO casework_handled {COLUMNS}
    SELECT k.stopped_on, c.authority_id, c.kind, 'other', '', k.stopped_on - a.received_on, 1,
        coalesce(k.stopped_on > coalesce(k.due_on, k.latest_on), false)::int
    FROM casework_clock k JOIN casework_case c ON c.id = k.case_id
    JOIN casework_application a ON a.id = c.application_id
    WHERE k.stopped_on IS NOT NULL AND k.code IN ('accept', 'decide');
"""


class Migration(migrations.Migration):
    dependencies = [("casework", "0014_work_list_filters_by_index"), ("registry", "0013_withdrawals")]

    operations = [
        migrations.CreateModel(
            name="Handled",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("on", models.DateField()),
                ("kind", models.CharField(max_length=16)),
                ("stage", models.CharField(max_length=6)),
                ("state", models.CharField(max_length=16)),
                ("days", models.IntegerField()),
                ("clocks", models.PositiveSmallIntegerField(default=0)),
                ("late", models.PositiveSmallIntegerField(default=0)),
                (
                    "authority",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.authority",
                    ),
                ),
            ],
        ),
        migrations.RunSQL(FILL, reverse_sql=migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="handled",
            index=models.Index(
                fields=["on"],
                include=["authority", "kind", "stage", "state", "days", "clocks", "late"],
                name="handled_on",
            ),
        ),
    ]
