"""From verdicts to pages, a site and evidence.json, published whole or not at all."""
