"""Stripe's events: verified, kept in an inbox, processed by a worker."""
