"""The ASGI application that serves the streams of the feed, for a process of its own beside the web server's."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "goodstanding.site.settings")
django.setup()

from goodstanding.api.streams.application import application  # noqa: E402

__all__ = ["application"]
