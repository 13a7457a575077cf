"""Stripe's HTTP API, `/v1/...`, for the objects the shop uses."""
