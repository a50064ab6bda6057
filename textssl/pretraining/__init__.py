"""The pretraining stage: tokenizer, backbone, objectives, training, filling blanks."""
