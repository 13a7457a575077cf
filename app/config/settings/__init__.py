"""Settings: `local` for a laptop, tests and the demo, `production` from the environment only."""
