"""What turns text into numbers: segmentation and encoders, their weights and training."""
