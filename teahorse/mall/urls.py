"""The mall's addresses."""

from django.urls import path

from teahorse.mall.views import account, browsing, buying, following, invoicing, product, reading, scanning, verifying

app_name = "mall"
urlpatterns = [
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
    path("cart/", buying.cart, name="cart"),
    path("checkout/", buying.checkout, name="checkout"),
    path("orders/<key:group_id>/", following.order, name="order"),
    path("orders/<key:group_id>/fragment/", following.order_fragment, name="order_fragment"),
    path("orders/<key:group_id>/pay/", following.pay, name="pay"),
    path("orders/<key:group_id>/pay/wechat/", following.wechat_answered, name="wechat"),
    path("orders/<key:group_id>/pay/fragment/", following.pay_fragment, name="pay_fragment"),
    path("orders/<key:group_id>/invoice/<key:order_id>/", invoicing.invoice, name="invoice"),
    path("orders/<key:group_id>/invoice/<key:order_id>/paper/", invoicing.invoice_paper, name="invoice_paper"),
    path("orders/<key:group_id>/invoice/<key:order_id>/receipt/", invoicing.receipt, name="receipt"),
    path("verify/", verifying.look_up, name="verify_look_up"),
    path("verify/<str:verify_code>/", verifying.verify, name="verify"),
    path("me/", account.me, name="me"),
    path("me/orders/", account.orders, name="orders"),
    path("me/invoice-titles/", invoicing.titles, name="titles"),
    path("me/arrived/", account.arrived, name="arrived"),
    path("about/returns/", reading.returns, name="returns"),
    path("about/privacy/", reading.privacy, name="privacy"),
    path("robots.txt", reading.robots, name="robots"),
]
