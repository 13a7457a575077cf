"""Tables for a spreadsheet: streamed, escaped, by role, audited."""
