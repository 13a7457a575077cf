"""From recorded results to one verdict a claim, with its reasons."""
