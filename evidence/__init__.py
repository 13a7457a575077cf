"""The evidence wing: a register of claims and the engine that proves them."""
