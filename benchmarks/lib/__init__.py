"""What benchmarks share. Each compares things that are measured in one run on one machine."""
