"""Vector stores behind one small interface."""
