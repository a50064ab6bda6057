"""Options made from the settings: named ones for what is set most, --set and a TOML file for all of them."""

import argparse
from collections.abc import Collection, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from textssl.config import build, describe, from_assignments, leaves, merge, nested, read_toml
from textssl.errors import UsageError
from textssl.pretraining.checkpoints import check_checkpoint
from textssl.run_folder import language_model_folder
from textssl.run_settings import RunSettings

READING = {"--text-column": "corpus.text_column", "--lang": "lang"}
ALL = tuple(field.name for field in fields(RunSettings))


def add_input(parser: argparse.ArgumentParser) -> None:
    """Add the argument INPUT, one or more, to `parser`."""
    help = "files, folders, - for standard input, or names of datasets; several are read one after another"
    parser.add_argument("input", nargs="+", metavar="INPUT", help=help)


def input_of(args: argparse.Namespace) -> str | list[Path]:
    """Return INPUT in the form that `read_corpus` expects."""
    return args.input[0] if len(args.input) == 1 else [Path(name) for name in args.input]


def add_out(parser: argparse.ArgumentParser, metavar: str) -> None:
    """Add --out, the folder to write to, and --fresh."""
    parser.add_argument(
        "--out", required=True, metavar=metavar, help="the folder: new, or of a run to go on with or to change"
    )
    help = "replace a language model or encoder in --out that another input or other settings made"
    parser.add_argument("--fresh", action="store_true", help=help)


def add_columns(parser: argparse.ArgumentParser) -> None:
    """Add --columns, the columns to write."""
    help = "columns to write, separated by commas, in this order (default: all of them; npy: embedding)"
    parser.add_argument("--columns", type=_names, metavar="NAMES", help=help)


def add_settings(
    parser: argparse.ArgumentParser, options: Mapping[str, str], reads: Collection[str], example: str
) -> None:
    """Give `parser` the named `options` (flag to setting), --config and --set; help and defaults as declared.

    Args:
        parser: of the command.
        options: flag to setting.
        reads: what the command reads: settings such as ``"seed"`` or groups such as ``"corpus"``; others are refused.
        example: a call.
    """
    described = {setting.path: setting for setting in describe(RunSettings)}
    for flag, path in options.items():
        setting = described[path]
        parser.add_argument(
            flag,
            dest=path,
            metavar=flag.lstrip("-").rsplit("-", 1)[-1].upper(),
            help=_help(setting.help, setting.default),
        )
    parser.add_argument("--config", metavar="FILE", help="TOML file of settings; options take precedence")
    parser.add_argument(
        "--set", dest="assignments", metavar="KEY=VALUE", action="append", default=[], help="any setting below"
    )
    parser.set_defaults(reads=reads, command=parser.prog)
    settings = [setting for path, setting in described.items() if _is_read(path, reads)]
    width = max(len(s.path) for s in settings)
    table = "\n".join(f"  {s.path:<{width}}  {s.help} (default: {_spelled(s.default)})" for s in settings)
    parser.epilog = f"settings (--set KEY=VALUE):\n{table}\n\nexample: {example}"


def settings_of(args: argparse.Namespace) -> RunSettings:
    """Return the settings of a call: defaults, then the TOML file, then --set, then named options.

    A file may be shared by commands, so what this one does not read is left alone there; with --set it is refused.
    A checkpoint to start from is looked at here, before anything heavy is loaded.
    """
    settings = build(RunSettings, values_of(args))
    paths = [setting.path for setting in describe(RunSettings)]
    for path in leaves(from_assignments(args.assignments)):
        if not _is_read(path, args.reads):
            readable = ", ".join(f"{name}.*" if name not in paths else name for name in args.reads)
            raise UsageError(f"{args.command} does not read {path}: it reads {readable}; leave it out")
    if "pretraining" in args.reads and settings.pretraining.checkpoint != "none":
        check_checkpoint(language_model_folder(settings.pretraining.checkpoint), settings.pretraining.objective)
    return settings


def values_of(args: argparse.Namespace) -> dict[str, Any]:
    """Return the settings that a call gives, unchecked, as nested mappings."""
    values = merge(read_toml(args.config) if args.config else {}, from_assignments(args.assignments))
    for setting in describe(RunSettings):
        given = getattr(args, setting.path, None)
        if given is not None:
            values = merge(values, nested(setting.path, _as_declared(setting.path, given)))
    return values


def _names(given: str) -> list[str]:
    return [name.strip() for name in given.split(",")]


def _is_read(path: str, reads: Collection[str]) -> bool:
    return path in reads or path.partition(".")[0] in reads


def _as_declared(path: str, given: str) -> object:
    """Return an option's text as the kind of value its setting holds: text stays text, even if it looks a number."""
    default = next(setting.default for setting in describe(RunSettings) if setting.path == path)
    if isinstance(default, str) and default != "auto":
        return given
    return from_assignments([f"value={given}"])["value"]


def _help(help: str, default: object) -> str:
    return f"{help} (default: {_spelled(default)})".replace("%", "%%")


def _spelled(default: object) -> str:
    return "none" if default == "" else str(default)
