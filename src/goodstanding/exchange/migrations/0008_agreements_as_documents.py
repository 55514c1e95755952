"""The document replaces the columns; the database keeps what was drafted and signed: see ``sql/agreements.sql``."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).resolve().parent.parent / "sql" / "agreements.sql"


class Migration(migrations.Migration):
    dependencies = [
        ("exchange", "0007_write_agreements"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="agreement",
            name="agreement_has_purpose_and_basis",
        ),
        migrations.RemoveConstraint(
            model_name="agreement",
            name="agreement_runs_forward",
        ),
        migrations.RemoveConstraint(
            model_name="agreement",
            name="agreement_method_is_known",
        ),
        migrations.RemoveConstraint(
            model_name="agreement",
            name="agreement_kinds_are_in_catalogue",
        ),
        migrations.RemoveField(
            model_name="agreement",
            name="divisions",
        ),
        migrations.RemoveField(
            model_name="agreement",
            name="frequency",
        ),
        migrations.RemoveField(
            model_name="agreement",
            name="kinds",
        ),
        migrations.RemoveField(
            model_name="agreement",
            name="legal_basis",
        ),
        migrations.RemoveField(
            model_name="agreement",
            name="method",
        ),
        migrations.RemoveField(
            model_name="agreement",
            name="purpose",
        ),
        migrations.RemoveField(
            model_name="agreement",
            name="removal_working_days",
        ),
        migrations.RemoveField(
            model_name="agreement",
            name="valid_from",
        ),
        migrations.RemoveField(
            model_name="agreement",
            name="valid_until",
        ),
        migrations.AlterField(
            model_name="agreement",
            name="deletion",
            field=models.TextField(blank=True),
        ),
        migrations.AlterField(
            model_name="agreement",
            name="reason",
            field=models.TextField(blank=True),
        ),
        migrations.AlterField(
            model_name="agreement",
            name="reference",
            field=models.SlugField(max_length=60, unique=True),
        ),
        migrations.AddConstraint(
            model_name="agreement",
            constraint=models.CheckConstraint(
                condition=models.Q(("reference__regex", "^[a-z0-9][a-z0-9_-]*$")),
                name="agreement_reference_is_a_slug",
            ),
        ),
        migrations.AddConstraint(
            model_name="agreement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("suspended_on__isnull", True), ("ended_on__isnull", True), _connector="OR"
                ),
                name="ended_agreement_is_not_suspended",
            ),
        ),
        migrations.AddConstraint(
            model_name="agreement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("deleted__isnull", True), ("deletion", ""), ("deletion_at__isnull", True)),
                    models.Q(
                        models.Q(("deletion", ""), _negated=True),
                        ("deleted__gte", 0),
                        ("deletion_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="agreement_deletion_is_whole",
            ),
        ),
        migrations.RunSQL(SQL.read_text()),
    ]
