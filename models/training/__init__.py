"""Training of the encoder on labelled narratives."""
