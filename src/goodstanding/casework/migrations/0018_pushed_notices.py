"""Notices pushed to addresses, mail about links of entities, and a measure for mails of confirmation."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("casework", "0017_evidence_redacted_and_fetched"),
        ("registry", "0016_links_are_told"),
    ]
    operations = [
        migrations.AddField(
            model_name="noticemail", name="links", field=models.BigIntegerField(null=True)
        ),
        migrations.AddField(
            model_name="noticesubscription", name="links_until", field=models.BigIntegerField(default=0)
        ),
        # Who is subscribed already is mailed of what comes from now on.
        migrations.RunSQL(
            "UPDATE casework_noticesubscription s SET links_until = coalesce("
            "(SELECT max(id) FROM registry_mergenotice n WHERE n.account_id = s.account_id), 0)",
            reverse_sql=migrations.RunSQL.noop,
        ),
        migrations.CreateModel(
            name="NoticeAsked",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("address", models.BinaryField(max_length=32)),
                ("at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="registry.account"
                    ),
                ),
            ],
            options={"indexes": [models.Index(fields=["address", "at"], name="asked_by_address")]},
        ),
        migrations.CreateModel(
            name="NoticeHook",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("url", models.TextField()),
                ("asked_at", models.DateTimeField()),
                ("told_until", models.BigIntegerField(default=0)),
                ("failures", models.PositiveIntegerField(default=0)),
                ("failing_since", models.DateTimeField(null=True)),
                ("next_at", models.DateTimeField(null=True)),
                ("error", models.TextField(blank=True)),
                ("off_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="registry.account"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["next_at"],
                        name="hook_to_push",
                        condition=models.Q(("off_at__isnull", True)),
                    )
                ],
            },
        ),
    ]
