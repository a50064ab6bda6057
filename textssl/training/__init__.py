"""Learning: the loop, the optimizers, the device, early stopping, and sums of losses."""
