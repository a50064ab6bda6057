"""What measures a result: agreement with labels, quality without them, baselines, robustness."""
