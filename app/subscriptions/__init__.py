"""Subscriptions: what Stripe bills again and again, and what that is worth a month (MRR)."""
