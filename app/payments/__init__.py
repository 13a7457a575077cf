"""Payments mirrored from Stripe, and the one door through which Stripe is called."""
