"""The mall's addresses."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from teahorse.mall.views import (
    account,
    aftersales,
    browsing,
    buying,
    following,
    invoicing,
    product,
    reading,
    resolving,
    scanned,
    scanning,
    verifying,
)
from teahorse.trace.actions.proving_addresses import NAME as CHECK_NAME

KEYS = "|".join(resolving.KEYS)


class Primary(StringConverter):
    """A converter: the application identifier of a primary key of GS1."""

    regex = f"(?:{KEYS})"


class Under(StringConverter):
    """A converter: a prefix of the addresses on labels."""

    regex = f"(?:t|T|id|{KEYS})(?:/[^/]+)*"


class CheckName(StringConverter):
    """A converter: the name of a partner's check file."""

    regex = CHECK_NAME


register_converter(Primary, "primary")
register_converter(Under, "under")
register_converter(CheckName, "check")

app_name = "mall"
urlpatterns = [
    path("<check:check_name>", resolving.check, name="check_file"),
    path("<under:under>/<check:check_name>", resolving.check, name="check_file"),
    path("<primary:primary>/<path:rest>", resolving.digital_link, name="digital_link"),
    path("id/<str:kind>/<path:rest>", resolving.own_name, name="own_name"),
    path("T/<str:code>", resolving.code_written_otherwise, name="code_in_capitals"),
    path("T/<str:code>/", resolving.code_written_otherwise, name="code_in_capitals"),
    path("t/<str:code>/", resolving.code_written_otherwise, name="code_with_slash"),
    path(".well-known/gs1resolver", resolving.description, name="gs1resolver"),
    path("", browsing.home, name="home"),
    path("kinds/", browsing.kinds, name="kinds"),
    path("kinds/<slug:slug>/", browsing.kind, name="kind"),
    path("search/", browsing.search, name="search"),
    path("search/suggest/", browsing.suggest, name="suggest"),
    path("goods/<key:product_id>/", product.product, name="product"),
    path("goods/<key:product_id>/qr.svg", product.product_qr, name="product_qr"),
    path("goods/<key:product_id>/poster/", product.poster, name="poster"),
    path("makers/<slug:key>/", browsing.maker, name="maker"),
    path("places/<str:code>/", browsing.place, name="place"),
    path("area/", browsing.area, name="area"),
    path("areas/", buying.areas, name="areas"),
    path("scan/", scanning.scan, name="scan"),
    path("t/lot/<key:lot_id>", scanned.lot, name="scanned_lot"),
    path("t/<str:code>", resolving.short_code, name="scanned"),
    path("t/<str:code>/hidden/", scanned.hidden, name="scanned_hidden"),
    path("t/<str:code>/where/", scanned.where, name="scanned_where"),
    path("t/<str:code>/report/", scanned.report, name="scanned_report"),
    path("t/<str:code>/proof/", scanned.proof, name="scanned_proof"),
    path("t/<str:code>/card/<path:event_hash>", scanned.event_card, name="scanned_event_card"),
    path("t/<str:code>/proof/<path:event_hash>", scanned.event_proof, name="scanned_event_proof"),
    path("t/<str:code>/papers/<key:certificate_id>/", scanned.paper, name="scanned_paper"),
    path("t/<str:code>/files/<key:attachment_id>/", scanned.attachment, name="scanned_attachment"),
    path("cart/", buying.cart, name="cart"),
    path("checkout/", buying.checkout, name="checkout"),
    path("orders/<key:group_id>/", following.order, name="order"),
    path("orders/<key:group_id>/fragment/", following.order_fragment, name="order_fragment"),
    path("orders/<key:group_id>/pay/", following.pay, name="pay"),
    path("orders/<key:group_id>/pay/wechat/", following.wechat_answered, name="wechat"),
    path("orders/<key:group_id>/pay/fragment/", following.pay_fragment, name="pay_fragment"),
    path("orders/<key:group_id>/problem/", aftersales.problem, name="problem"),
    path("orders/<key:group_id>/cases/<key:case_id>/", aftersales.case, name="case"),
    path("orders/<key:group_id>/cases/<key:case_id>/fragment/", aftersales.case_fragment, name="case_fragment"),
    path("orders/<key:group_id>/cases/<key:case_id>/photos/<key:photo_id>/", aftersales.photo, name="case_photo"),
    path("orders/<key:group_id>/invoice/<key:order_id>/", invoicing.invoice, name="invoice"),
    path("orders/<key:group_id>/invoice/<key:order_id>/paper/", invoicing.invoice_paper, name="invoice_paper"),
    path("orders/<key:group_id>/invoice/<key:order_id>/receipt/", invoicing.receipt, name="receipt"),
    path("verify/", verifying.look_up, name="verify_look_up"),
    path("verify/<str:verify_code>/", verifying.verify, name="verify"),
    path("me/", account.me, name="me"),
    path("me/cases/", aftersales.cases, name="cases"),
    path("me/orders/", account.orders, name="orders"),
    path("me/coupons/", account.coupons, name="coupons"),
    path("me/invoice-titles/", invoicing.titles, name="titles"),
    path("me/arrived/", account.arrived, name="arrived"),
    path("about/returns/", reading.returns, name="returns"),
    path("about/privacy/", reading.privacy, name="privacy"),
    path("robots.txt", reading.robots, name="robots"),
]
