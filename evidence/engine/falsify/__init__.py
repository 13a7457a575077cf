"""Break the cited code on purpose and see whether the cited tests notice."""
