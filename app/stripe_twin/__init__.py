"""A local Stripe for the shop's slice: Checkout, payments, refunds, events and signed webhooks.

It stands apart: it imports no other package of the shop, and the shop talks to it over HTTP only.
"""
