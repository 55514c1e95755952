from pathlib import Path

import django.db.models.deletion
import django.db.models.lookups
from django.db import migrations, models

SQL = Path(__file__).resolve().parent.parent / "sql" / "receipts.sql"


class Migration(migrations.Migration):

    dependencies = [
        ('casework', '0018_pushed_notices'),
    ]

    operations = [
        migrations.CreateModel(
            name='DecisionReceipt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('content', models.BinaryField()),
                ('case', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='receipt', to='casework.case')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=django.db.models.lookups.GreaterThan(models.Func(models.F('content'), function='length', output_field=models.IntegerField()), 0), name='receipt_is_not_empty')],
            },
        ),
        migrations.RunSQL(SQL.read_text(), reverse_sql=migrations.RunSQL.noop),
    ]
