"""What people wrote: claims, gates, requirements and what is out of scope."""
