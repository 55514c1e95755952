"""What stood in the columns of an agreement is written as its document, signed by the log's key, on paper by the other."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import migrations
from django.utils import timezone

from goodstanding import proof
from goodstanding.exchange.agreement_draft import DUTIES, compose


def write(apps: Any, schema_editor: Any) -> None:
    """One version and one term for each agreement."""
    now = timezone.now()
    versions = apps.get_model("exchange", "AgreementVersion").objects
    terms = apps.get_model("exchange", "AgreementTerm").objects
    for old in apps.get_model("exchange", "Agreement").objects.select_related("subscriber").order_by("pk"):
        subscriber = old.subscriber
        correction, removal, deletion = DUTIES
        if old.removal_working_days is not None:
            removal = min(old.removal_working_days, 60)
        document = compose(
            reference=f"{str(subscriber.public_id)[:8]}-{old.pk}",
            provider=settings.LOG_ORIGIN,
            provider_key=proof.public_key(settings.LOG_SECRET),
            subscriber=str(subscriber.public_id),
            name_zh=subscriber.name_zh,
            name_en=subscriber.name_en,
            recipient_key=bytes(subscriber.public_key),
            kinds=list(dict.fromkeys(old.kinds)),
            divisions=list(dict.fromkeys(old.divisions)),
            purpose=old.purpose,
            legal_basis=old.legal_basis,
            methods=[old.method],
            duties=(correction, removal, deletion),
            valid_from=old.valid_from,
            valid_until=old.valid_until,
        )
        old.reference = document.id
        old.save(update_fields=["reference"])
        version = versions.create(
            agreement=old,
            version=document.version,
            document=document.document,
            digest=document.digest,
            breaking=True,
            drafted_at=now,
            provider_signature=proof.sign_agreement(document.digest, private_key=settings.LOG_SECRET),
            paper=old.legal_basis,
            concluded_at=now,
        )
        until = None if old.valid_until is None else old.valid_until + timedelta(days=1)
        last_read = None
        if old.ended_on is not None:
            until = max(old.ended_on if until is None else min(until, old.ended_on), old.valid_from)
            last_read = until
        terms.create(agreement=old, version=version, first=old.valid_from, until=until, last_read=last_read)


class Migration(migrations.Migration):
    dependencies = [("exchange", "0006_agreement_documents")]
    operations = [migrations.RunPython(write, migrations.RunPython.noop)]
