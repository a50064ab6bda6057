"""textssl pretrain"""

import argparse
import math

from textssl.cli.answer import Answer, lines
from textssl.cli.options import ALL, READING, add_input, add_out, add_settings, input_of, settings_of

OPTIONS = READING | {
    "--objective": "pretraining.objective",
    "--start": "pretraining.checkpoint",
    "--size": "pretraining.size",
    "--seed": "seed",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    add_input(parser)
    add_out(parser, "DIR")
    add_settings(parser, OPTIONS, ALL, "textssl pretrain books/ --objective clm --out runs/books")
    parser.set_defaults(call=call)


def call(args: argparse.Namespace) -> Answer:
    """Train the language model and print its scores."""
    settings = settings_of(args)
    from textssl.pipeline.run import pretrain_folder

    facts = pretrain_folder(input_of(args), args.out, settings, args.fresh).facts
    scored_on = f"{facts.held_out_texts} held-out texts" if facts.held_out_texts else "the training texts"
    shown = [f"{facts.objective}, {facts.parameters:,} parameters, {facts.learned_tokens:,} training tokens"]
    if not math.isnan(facts.loss):
        measures = f"loss {facts.loss:.3f} nats per token, perplexity {facts.perplexity:.1f}"
        shown.append(f"on {scored_on}: {measures}, {facts.bits_per_byte:.3f} bits per byte")
    for name, measured in facts.pretext.items():
        if measured:
            accuracy = f"accuracy {measured['accuracy']:.3f} (chance {measured['chance']:.3f})"
            shown.append(f"on {scored_on}: {name} {accuracy}")
    folder = f"{args.out}/language_model"
    return Answer(lines(shown, f"language model: {folder}"), {"language_model": folder, "facts": facts})
