"""The web application for a WSGI server."""

import os
import sys

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "goodstanding.site.settings")
# A request that comes back from the database waits for the interpreter up to this long for each busy thread;
# Python's 5 ms would be most of an answer's time (docs/measurements.md).
sys.setswitchinterval(0.0005)
application = get_wsgi_application()
# Django would import all pages when somebody asks for the first one, and let that reader wait for it.
_ = get_resolver().url_patterns
