"""Every address of the shop, with the name that pages and tests know it by.

The names follow the things (`orders:pay`), the views stand in the app that may import what they
need: an order's page shows its refunds, so it stands with them.
"""

from __future__ import annotations

from django.urls import include, path

from accounts import factor_views as factor
from accounts import staff_views as helping
from accounts import views as accounts
from analyticsapp import views as analytics
from catalog import views as catalog
from exports import tables
from exports import views as exports
from monitoring import views as monitoring
from orders import views as orders
from payments import views as payments
from privacy import views as privacy
from refunds import views as refunds
from subscriptions import views as subscriptions

catalog_pages = [
    path("", catalog.shop_front, name="shop-front"),
    path("staff/prices/", catalog.price_list, name="price-list"),
    path("staff/prices/<int:product_id>/", catalog.price, name="price"),
]

account_pages = [
    path("sign-in/", accounts.sign_in, name="sign-in"),
    path("sign-out/", accounts.sign_out, name="sign-out"),
    path("account/", accounts.account, name="account"),
    path("account/password/", accounts.change_password, name="password"),
    path("account/second-factor/", factor.verify, name="second-factor"),
    path("account/second-factor/set-up/", factor.enrol, name="second-factor-enrol"),
    path("staff/people/<int:user_id>/role/", helping.role, name="role"),
    path("staff/people/<int:user_id>/deactivate/", helping.deactivate, name="deactivate"),
    path("staff/people/<int:user_id>/reactivate/", helping.reactivate, name="reactivate"),
    path("staff/people/<int:user_id>/unlock/", helping.unlock, name="unlock"),
    path(
        "staff/people/<int:user_id>/reset-second-factor/",
        helping.reset_factor,
        name="reset-factor",
    ),
]

order_pages = [
    path("basket/", orders.basket_page, name="basket"),
    path("basket/add/", orders.basket_add, name="basket-add"),
    path("basket/change/", orders.basket_change, name="basket-change"),
    path("orders/", orders.mine, name="mine"),
    path("orders/place/", orders.place, name="place"),
    path("orders/<int:order_id>/", refunds.detail, name="detail"),
    path("orders/<int:order_id>/pay/", payments.pay, name="pay"),
    path("orders/<int:order_id>/returned/", payments.returned, name="returned"),
    path("orders/<int:order_id>/cancel/", payments.cancel, name="cancel"),
    path("staff/orders/", orders.staff_list, name="staff-list"),
    path("staff/orders/<int:order_id>/", refunds.staff_detail, name="staff-detail"),
    path("staff/orders/<int:order_id>/fulfil/", payments.fulfil, name="fulfil"),
    path("staff/orders/<int:order_id>/cancel/", payments.staff_cancel, name="staff-cancel"),
]

refund_pages = [path("staff/orders/<int:order_id>/refund/", refunds.issue, name="issue")]

subscription_pages = [
    path("subscriptions/plans/", subscriptions.plans, name="plans"),
    path("subscriptions/mine/", subscriptions.mine, name="mine"),
    path("subscriptions/plans/<int:plan_id>/start/", subscriptions.start, name="start"),
    path("subscriptions/<int:subscription_id>/cancel/", subscriptions.cancel, name="cancel"),
    path("staff/subscriptions/", subscriptions.staff_list, name="staff-list"),
    path(
        "staff/subscriptions/<int:subscription_id>/",
        subscriptions.staff_detail,
        name="staff-detail",
    ),
    path(
        "staff/subscriptions/<int:subscription_id>/cancel/",
        subscriptions.staff_cancel,
        name="staff-cancel",
    ),
    path("staff/mrr/", subscriptions.mrr, name="mrr"),
]

issue_pages = [
    path("staff/issues/", monitoring.issues, name="issues"),
    path("staff/issues/runbook/", monitoring.runbook, name="runbook"),
    path("staff/issues/<int:issue_id>/acknowledge/", monitoring.acknowledge, name="acknowledge"),
]

audit_pages = [path("staff/audit/", monitoring.audit_record, name="list")]

analytics_pages = [path("staff/analytics/", analytics.overview, name="overview")]

privacy_pages = [
    path("account/data.json", privacy.own, name="own"),
    path("staff/people/", privacy.people, name="people"),
    path("staff/retention/", privacy.keeping, name="retention"),
    path("staff/people/<int:user_id>/", privacy.detail, name="person"),
    path("staff/people/<int:user_id>/erase/", privacy.erase, name="erase"),
]

export_pages = [
    path("staff/exports/", exports.overview, name="overview"),
    *(
        path(f"staff/exports/{table.name}.csv", exports.download(table), name=table.name)
        for table in tables.TABLES
    ),
]

urlpatterns = [
    path("", include((catalog_pages, "catalog"))),
    path("", include((account_pages, "accounts"))),
    path("", include((order_pages, "orders"))),
    path("", include((refund_pages, "refunds"))),
    path("", include((subscription_pages, "subscriptions"))),
    path("", include((issue_pages, "monitoring"))),
    path("", include((audit_pages, "audit"))),
    path("", include((analytics_pages, "analyticsapp"))),
    path("", include((privacy_pages, "privacy"))),
    path("", include((export_pages, "exports"))),
    path("webhooks/", include("webhooks.urls")),
]
