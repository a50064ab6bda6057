"""Options generated from the settings: named ones for the most common, --set and a TOML file for all."""

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
ALL = tuple(field.name for field in fields(RunSettings) if field.name != "classification")


def add_input(parser: argparse.ArgumentParser) -> None:
    """Add the argument INPUT, one or more, to `parser`."""
    help = "files, folders, - for standard input, or names of datasets on the Hub; several are read one after another"
    parser.add_argument("input", nargs="+", metavar="INPUT", help=help)


def input_of(args: argparse.Namespace) -> str | list[Path]:
    """Return INPUT in the form that `read_corpus` expects."""
    return args.input[0] if len(args.input) == 1 else [Path(name) for name in args.input]


def add_out(parser: argparse.ArgumentParser, metavar: str) -> None:
    """Add --out, the folder to write to, and --fresh."""
    parser.add_argument(
        "--out", required=True, metavar=metavar, help="folder of the run: new, or that of a run to continue or change"
    )
    help = "replace a language model or encoder in --out that was made from another input or with other settings"
    parser.add_argument("--fresh", action="store_true", help=help)


def add_file(parser: argparse.ArgumentParser) -> None:
    """Add --out, the file to write, and --columns."""
    from textssl.formats.registry import suffixes

    help = f"the file to write; its suffix names the format: {', '.join(suffixes())}"
    parser.add_argument("--out", required=True, metavar="FILE", help=help)
    add_columns(parser)


def add_columns(parser: argparse.ArgumentParser) -> None:
    """Add --columns, the columns to write."""
    help = "columns to write, separated by commas, in this order (default: all of them; npy: embedding)"
    parser.add_argument("--columns", type=_names, metavar="NAMES", help=help)


def add_settings(
    parser: argparse.ArgumentParser, options: Mapping[str, str], reads: Collection[str], example: str
) -> None:
    """Add named options, --config and --set to `parser`, with help texts and defaults from the settings.

    Args:
        parser: the parser of the command.
        options: the named options, from flag to setting.
        reads: what the command reads: settings such as ``"seed"`` or groups such as ``"corpus"``; others are refused.
        example: an example call for the help text.
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
        "--set",
        dest="assignments",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="any of the settings below",
    )
    parser.set_defaults(reads=reads, command=parser.prog)
    settings = [setting for path, setting in described.items() if _is_read(path, reads)]
    width = max(len(s.path) for s in settings)
    table = "\n".join(f"  {s.path:<{width}}  {s.help} (default: {_spelled(s.default)})" for s in settings)
    parser.epilog = f"settings (--set KEY=VALUE):\n{table}\n\nexample: {example}"


def settings_of(args: argparse.Namespace) -> RunSettings:
    """Return the settings of a call: defaults, then the TOML file, then --set, then named options.

    Commands may share a file, so settings in it that this command does not read are ignored; with --set they are
    refused. The checkpoint to start from is checked here, before heavy libraries are loaded.
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
    """Return the settings given in a call, unchecked, as nested mappings."""
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
    """Return an option's value in the type of its setting; for a text setting, "12" stays text."""
    default = next(setting.default for setting in describe(RunSettings) if setting.path == path)
    if isinstance(default, str) and default != "auto":
        return given
    return from_assignments([f"value={given}"])["value"]


def _help(help: str, default: object) -> str:
    return f"{help} (default: {_spelled(default)})".replace("%", "%%")


def _spelled(default: object) -> str:
    return "none" if default == "" else str(default)
