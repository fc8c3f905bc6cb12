"""The web process: pages and interfaces over WSGI."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "teahorse.settings")
django_application = get_wsgi_application()

from teahorse.api.short_way import ShortWay  # noqa: E402 - after Django is set up

application = ShortWay(django_application)  # type: ignore[arg-type]  # the stubs' WSGIHandler answers with Django's response, which is such an iterable
