"""The web process: pages and interfaces over WSGI."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "teahorse.settings")
django_application = get_wsgi_application()

from teahorse.api.short_way import ShortWay  # noqa: E402 - after Django is set up
from teahorse.common.gate import FewAtATime  # noqa: E402
from teahorse.mall.short_way import ScanWay  # noqa: E402
from teahorse.payments.short_way import NotifyWay  # noqa: E402

application = ShortWay(NotifyWay(ScanWay(FewAtATime(django_application))))
