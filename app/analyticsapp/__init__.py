"""Daily snapshots of the shop's figures, and the pages that show them."""
