"""Word and Excel files of a case or a batch."""
