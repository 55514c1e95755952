from django.apps import AppConfig
from django.db.models.signals import post_migrate


class RegistryConfig(AppConfig):
    name = "goodstanding.registry"
    label = "registry"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        post_migrate.connect(_hold_the_catalogue, sender=self)
        post_migrate.connect(_bury_what_lies_open, sender=self)


def _hold_the_catalogue(**_: object) -> None:
    """Bring the items of the catalogue up to date whenever the tables are."""
    from .catalogue.sync import sync

    sync()


def _bury_what_lies_open(**_: object) -> None:
    """Give tombstones to records that were removed before there were any."""
    from .tombstones import bury_what_lies_open

    while bury_what_lies_open():
        pass
