"""What people read of certificates and of the stages of goods."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from teahorse.trace.models import Certificate, TradeItem

CERTIFICATES: Final[Mapping[str, str | Promise]] = {
    Certificate.Kind.COMMITMENT: _("Commitment certificate"),
    Certificate.Kind.ANIMAL_QUARANTINE: _("Animal quarantine certificate"),
    Certificate.Kind.MEAT_INSPECTION: _("Meat inspection certificate"),
    Certificate.Kind.TEST_REPORT: _("Test report"),
    Certificate.Kind.ORGANIC: _("Organic certificate"),
    Certificate.Kind.GEOGRAPHICAL_INDICATION: _("Geographical indication"),
    Certificate.Kind.PRODUCTION_LICENCE: _("Production licence"),
    Certificate.Kind.OTHER: _("Other certificate"),
}
STAGES: Final[Mapping[str, str | Promise]] = {
    TradeItem.Stage.RAW: _("Raw material"),
    TradeItem.Stage.MADE: _("Made on the way"),
    TradeItem.Stage.BY_PRODUCT: _("By-product"),
    TradeItem.Stage.SOLD: _("Goods for sale"),
}
