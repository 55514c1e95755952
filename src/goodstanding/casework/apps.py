from django.apps import AppConfig
from django.core.exceptions import ImproperlyConfigured


class CaseworkConfig(AppConfig):
    name = "goodstanding.casework"
    label = "casework"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Read the file of connectors, so that a mistake in it is said at the start and not to an applicant."""
        from .connectors import ConnectorsRefused, connectors

        try:
            connectors()
        except ConnectorsRefused as error:
            raise ImproperlyConfigured(str(error)) from error
