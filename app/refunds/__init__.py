"""Money given back: the policy, the reservation and the refund's life."""
