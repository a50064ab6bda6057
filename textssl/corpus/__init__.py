"""Text in: reading, cleaning, segmentation and de-duplication."""
