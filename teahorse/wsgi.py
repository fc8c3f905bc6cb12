"""The web process: pages and interfaces over WSGI."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "teahorse.settings")
application = get_wsgi_application()
