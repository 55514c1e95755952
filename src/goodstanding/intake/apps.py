from collections.abc import Mapping
from datetime import date

from django.apps import AppConfig


class IntakeConfig(AppConfig):
    name = "goodstanding.intake"
    label = "intake"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let lower rooms ask what the columns of a contract mean; contracts are read when one does."""
        from goodstanding.registry.contract_facts import Facts, read_by

        def read(reference: str, columns: Mapping[str, str], today: date) -> Facts:
            from .corrected import facts_in_columns

            return facts_in_columns(reference, columns, today)

        read_by(read)
