"""Training: the loop, optimizers, devices, early stopping and sums of losses."""
