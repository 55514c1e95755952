"""A draft belongs to the entity that it was begun for; its files refer to contents that are kept once.

An agent's older drafts go to its own entity, for which it began them or not; they name records, which are looked at again
when the draft is opened, so that nothing of another's is shown.
"""

import django.db.models.deletion
from django.db import migrations, models

BELONG = """
UPDATE portal_draft d SET entity_id = a.entity_id FROM registry_account a WHERE a.id = d.account_id;
DELETE FROM portal_draftfile f USING portal_draft d WHERE d.id = f.draft_id AND d.entity_id IS NULL;
DELETE FROM portal_draft WHERE entity_id IS NULL;
"""

MOVE = """
INSERT INTO casework_evidencecontent (sha256, size, content)
    SELECT DISTINCT ON (sha256(content)) sha256(content), octet_length(content), content FROM portal_draftfile
    ORDER BY sha256(content)
    ON CONFLICT DO NOTHING;
ALTER TABLE portal_draftfile ADD COLUMN sha256 bytea;
UPDATE portal_draftfile SET sha256 = sha256(content);
ALTER TABLE portal_draftfile DROP COLUMN content, ALTER COLUMN sha256 SET NOT NULL,
    ADD CONSTRAINT portal_draftfile_sha256_fk FOREIGN KEY (sha256)
        REFERENCES casework_evidencecontent (sha256) DEFERRABLE INITIALLY DEFERRED;
CREATE INDEX portal_draftfile_sha256 ON portal_draftfile (sha256);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("portal", "0002_sign_in_attempts"),
        ("casework", "0016_evidence_by_content"),
        ("registry", "0012_corrections"),
    ]

    operations = [
        migrations.AddField(
            model_name="draft",
            name="entity",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="registry.entity",
            ),
        ),
        migrations.RunSQL(BELONG),
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED;"),
        migrations.AlterField(
            model_name="draft",
            name="entity",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="registry.entity"
            ),
        ),
        migrations.RemoveIndex(model_name="draft", name="draft_by_account"),
        migrations.AddIndex(
            model_name="draft",
            index=models.Index(fields=["account", "entity", "-changed_at"], name="draft_by_principal"),
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(MOVE)],
            state_operations=[
                migrations.RemoveField(model_name="draftfile", name="content"),
                migrations.AddField(
                    model_name="draftfile",
                    name="kept",
                    field=models.ForeignKey(
                        db_column="sha256",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="casework.evidencecontent",
                    ),
                    preserve_default=False,
                ),
            ],
        ),
    ]
