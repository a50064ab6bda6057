"""The pretraining stage: backbones, training objectives, the training of a language model, and filling blanks."""
