"""What was read record by record under agreements, which is never changed, and how soon it may be read again."""

import django.db.models.deletion
from django.db import migrations, models


SQL = """
CREATE TRIGGER agreed_read_stays BEFORE UPDATE OR DELETE ON exchange_agreedread
    FOR EACH ROW EXECUTE FUNCTION registry_refuse_change();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('exchange', '0025_suspension_by_hand'),
        ('registry', '0019_uses'),
    ]

    operations = [
        migrations.CreateModel(
            name='AgreedRead',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.BigIntegerField()),
                ('at', models.DateTimeField()),
                ('record', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.record')),
                ('subscriber', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='exchange.subscriber')),
                ('version', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='exchange.agreementversion')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('subscriber', 'record', 'position'), name='one_agreed_read_per_state')],
            },
        ),
        migrations.CreateModel(
            name='ReadPace',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('about', models.UUIDField()),
                ('at', models.DateTimeField()),
                ('subscriber', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='exchange.subscriber')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('subscriber', 'about'), name='one_pace_per_subject')],
            },
        ),
        migrations.RunSQL(SQL, reverse_sql="DROP TRIGGER agreed_read_stays ON exchange_agreedread;"),
    ]
