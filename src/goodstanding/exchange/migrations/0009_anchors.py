"""Receipts of anchors, which are never changed or removed, and the anchors that fail at present."""

from django.db import migrations, models


SQL = """
CREATE TRIGGER anchored_append_only BEFORE UPDATE OR DELETE ON exchange_anchoredcheckpoint
    FOR EACH ROW EXECUTE FUNCTION registry_refuse_change();
"""
UNDO = "DROP TRIGGER anchored_append_only ON exchange_anchoredcheckpoint;"


class Migration(migrations.Migration):
    dependencies = [
        ('exchange', '0008_agreements_as_documents'),
    ]

    operations = [
        migrations.CreateModel(
            name='AnchorTry',
            fields=[
                ('anchor', models.TextField(primary_key=True, serialize=False)),
                ('failures', models.PositiveIntegerField()),
                ('error', models.TextField()),
                ('failed_at', models.DateTimeField()),
                ('after', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='AnchoredCheckpoint',
            fields=[
                ('position', models.BigIntegerField(primary_key=True, serialize=False)),
                ('anchor', models.TextField()),
                ('kind', models.TextField()),
                ('size', models.BigIntegerField()),
                ('root', models.BinaryField(max_length=32)),
                ('note', models.TextField()),
                ('anchored_at', models.DateTimeField()),
                ('received_at', models.DateTimeField()),
                ('reference', models.TextField()),
                ('receipt', models.BinaryField()),
                ('certificates', models.TextField(blank=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('anchor', 'size'), name='one_receipt_per_anchor_and_size')],
            },
        ),
        migrations.RunSQL(SQL, reverse_sql=UNDO),
    ]
