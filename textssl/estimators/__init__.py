"""What all scikit-learn estimators over vectors share: validation, unit rows, saving."""
