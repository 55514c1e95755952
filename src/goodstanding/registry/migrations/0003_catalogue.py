"""The catalogue of record kinds: items and their versions, the item of each record, the kind of each source."""

import django.db.models.deletion
from django.db import migrations, models

#: Records that are there already come under the national item of their kind.
FILL = """
    INSERT INTO registry_catalogueitem (code, kind)
    SELECT DISTINCT CASE kind WHEN 'other' THEN 'other-dishonesty' ELSE replace(kind, '_', '-') END, kind
    FROM registry_record;
    UPDATE registry_record
    SET item_id = CASE kind WHEN 'other' THEN 'other-dishonesty' ELSE replace(kind, '_', '-') END;
"""
#: Item and kind at once, so that a record cannot stand under an item and another kind.
TIE = """
    ALTER TABLE registry_record ADD CONSTRAINT record_kind_is_in_catalogue
    FOREIGN KEY (item_id, kind) REFERENCES registry_catalogueitem (code, kind)
"""


class Migration(migrations.Migration):
    dependencies = [("registry", "0002_journal_guards")]
    operations = [
        migrations.CreateModel(
            name="CatalogueItem",
            fields=[
                ("code", models.CharField(max_length=48, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=16, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="CatalogueItemVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("catalogue", models.TextField()),
                ("in_force_from", models.DateField()),
                ("in_force_to", models.DateField(null=True)),
                ("content", models.JSONField()),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="registry.catalogueitem",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="catalogueitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__isnull", True),
                    (
                        "kind__in",
                        [
                            "penalty",
                            "serious_list",
                            "abnormal_list",
                            "other",
                            "permit",
                            "commitment",
                            "fact",
                        ],
                    ),
                    _connector="OR",
                ),
                name="item_kind_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="catalogueitem",
            constraint=models.UniqueConstraint(fields=("code", "kind"), name="one_kind_per_item"),
        ),
        migrations.AddConstraint(
            model_name="catalogueitemversion",
            constraint=models.UniqueConstraint(
                fields=("item", "catalogue", "in_force_from"), name="one_item_version_per_list"
            ),
        ),
        migrations.AddConstraint(
            model_name="catalogueitemversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("in_force_to__isnull", True),
                    ("in_force_to__gte", models.F("in_force_from")),
                    _connector="OR",
                ),
                name="item_version_runs_forward",
            ),
        ),
        migrations.AddField(
            model_name="authority",
            name="source_kind",
            field=models.CharField(
                choices=[
                    ("government", "government body"),
                    ("court", "court"),
                    ("utility", "utility"),
                    ("social_insurance", "social insurance agency"),
                    ("tax", "tax authority"),
                    ("ip_office", "intellectual property office"),
                    ("market_institution", "market institution"),
                ],
                default="government",
                max_length=20,
            ),
        ),
        migrations.AddConstraint(
            model_name="authority",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "source_kind__in",
                        [
                            "government",
                            "court",
                            "utility",
                            "social_insurance",
                            "tax",
                            "ip_office",
                            "market_institution",
                        ],
                    )
                ),
                name="authority_source_kind_is_known",
            ),
        ),
        migrations.RemoveConstraint(model_name="record", name="record_kind_is_in_catalogue"),
        migrations.AlterField(
            model_name="record",
            name="kind",
            field=models.CharField(
                choices=[
                    ("penalty", "administrative penalty"),
                    ("serious_list", "serious-dishonesty list"),
                    ("abnormal_list", "abnormal-operation list"),
                    ("other", "other negative information"),
                    ("permit", "administrative permit"),
                    ("commitment", "credit commitment"),
                    ("fact", "other credit fact"),
                ],
                max_length=16,
            ),
        ),
        migrations.AddField(
            model_name="record",
            name="item",
            field=models.ForeignKey(
                null=True,
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="registry.catalogueitem",
            ),
        ),
        migrations.RunSQL(FILL, reverse_sql=migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="record",
            name="item",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="registry.catalogueitem",
            ),
        ),
        migrations.RunSQL(
            TIE, reverse_sql="ALTER TABLE registry_record DROP CONSTRAINT record_kind_is_in_catalogue"
        ),
    ]
