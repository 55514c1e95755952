"""The content of evidence moves to a table of its own, once under its SHA-256; the files refer to it."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

SQL = Path(__file__).resolve().parent.parent / "sql"

MOVE = """
INSERT INTO casework_evidencecontent (sha256, size, content)
    SELECT DISTINCT ON (sha256) sha256, octet_length(content), content FROM casework_evidence ORDER BY sha256;
ALTER TABLE casework_evidence DROP COLUMN content, ALTER COLUMN sha256 DROP NOT NULL,
    ADD CONSTRAINT casework_evidence_sha256_fk FOREIGN KEY (sha256)
        REFERENCES casework_evidencecontent (sha256) DEFERRABLE INITIALLY DEFERRED;
CREATE INDEX casework_evidence_sha256 ON casework_evidence (sha256);
"""


class Migration(migrations.Migration):
    dependencies = [("casework", "0015_what_supervision_counts"), ("registry", "0012_corrections")]

    operations = [
        migrations.CreateModel(
            name="EvidenceContent",
            fields=[
                ("sha256", models.BinaryField(max_length=32, primary_key=True, serialize=False)),
                ("size", models.PositiveIntegerField()),
                ("content", models.BinaryField()),
            ],
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(MOVE)],
            state_operations=[
                migrations.RemoveField(model_name="evidence", name="content"),
                migrations.RemoveField(model_name="evidence", name="sha256"),
                migrations.AddField(
                    model_name="evidence",
                    name="kept",
                    field=models.ForeignKey(
                        db_column="sha256",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="casework.evidencecontent",
                    ),
                ),
            ],
        ),
        migrations.RunSQL((SQL / "evidence.sql").read_text()),
        migrations.AddField(
            model_name="evidence", name="erased_at", field=models.DateTimeField(null=True)
        ),
        migrations.RemoveConstraint(model_name="evidence", name="evidence_is_named_and_not_empty"),
        migrations.AddConstraint(
            model_name="evidence",
            constraint=models.CheckConstraint(
                name="evidence_is_named_and_kept_until_it_is_erased",
                condition=Q(size__gt=0)
                & (
                    (Q(erased_at__isnull=True, kept__isnull=False) & ~Q(name=""))
                    | Q(erased_at__isnull=False, kept__isnull=True, name="")
                ),
            ),
        ),
        migrations.RunSQL((SQL / "evidence_erased.sql").read_text()),
    ]
