"""Tiles of the verifiable map at prefixes in hex digits. The map begins anew: the worker makes it from the journal."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('exchange', '0016_propagation'),
    ]

    operations = [
        migrations.RunSQL(
            'TRUNCATE exchange_mapentry, exchange_maptile, exchange_mapseal', migrations.RunSQL.noop
        ),
        migrations.RemoveConstraint(model_name='mapentry', name='one_state_per_key'),
        migrations.RemoveIndex(model_name='mapentry', name='map_entry_by_key'),
        migrations.RemoveField(model_name='mapentry', name='bucket'),
        migrations.AddIndex(
            model_name='mapentry', index=models.Index(fields=['key'], name='map_entry_by_key')
        ),
        migrations.AddConstraint(
            model_name='mapentry',
            constraint=models.UniqueConstraint(
                condition=models.Q(('gone__isnull', True)), fields=('key',), name='one_state_per_key'
            ),
        ),
        migrations.RemoveConstraint(model_name='maptile', name='one_map_tile_per_prefix'),
        migrations.RemoveField(model_name='maptile', name='prefix'),
        migrations.AddField(
            model_name='maptile', name='prefix', field=models.CharField(default='', max_length=64), preserve_default=False
        ),
        migrations.AddIndex(
            model_name='maptile', index=models.Index(fields=['prefix'], name='map_tile_by_prefix')
        ),
        migrations.AddConstraint(
            model_name='maptile',
            constraint=models.UniqueConstraint(
                condition=models.Q(('gone__isnull', True)), fields=('prefix',), name='one_map_tile_per_prefix'
            ),
        ),
    ]
