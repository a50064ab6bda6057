"""What the command line says of itself."""

import pytest

from textssl.cli import COMMANDS, main
from textssl.cli.options import READING
from textssl.config import describe
from textssl.run_settings import RunSettings

WITH_SETTINGS = {
    "run": ("corpus", "pretraining", "clustering"),
    "pretrain": ("corpus", "pretraining"),
    "embed": ("corpus", "embedding"),
    "cluster": ("clustering",),
    "predict": ("corpus",),
}


def shown(capsys, *arguments):
    """Return the exit code, standard output and standard error of a call that ends in the parser."""
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    return ended.value.code, *capsys.readouterr()


def test_help_lists_every_command(capsys):
    code, out, _ = shown(capsys, "--help")
    assert code == 0
    for name, help in COMMANDS.items():
        assert f"{name} " in out
        assert help in out
    assert "example: textssl run" in out


def test_version(capsys):
    import textssl

    assert shown(capsys, "--version") == (0, f"textssl {textssl.__version__}\n", "")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_has_an_example(command, capsys):
    code, out, err = shown(capsys, command, "--help")
    assert (code, err) == (0, "")
    assert f"example: textssl {command} " in out


@pytest.mark.parametrize("command", WITH_SETTINGS)
def test_help_shows_every_default(command, capsys):
    _, out, _ = shown(capsys, command, "--help")
    for setting in describe(RunSettings):
        if setting.path.split(".")[0] in WITH_SETTINGS[command]:
            spelled = "none" if setting.default == "" else setting.default
            line = next(line for line in out.splitlines() if line.startswith(f"  {setting.path} "))
            assert setting.help in line
            assert f"(default: {spelled})" in line


def test_named_options_exist_as_settings():
    assert set(READING.values()) <= {setting.path for setting in describe(RunSettings)}


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["rnu", "texts.txt", "--out", "x"],
        ["run"],
        ["run", "texts.txt"],
        ["run", "texts.txt", "--out", "x", "--colour", "red"],
        ["fill", "x", "____", "--top", "many"],
        ["export", "x", "--out", "y"],
    ],
    ids=lambda arguments: " ".join(arguments) or "nothing",
)
def test_bad_usage_exits_with_2(arguments, capsys):
    code, out, err = shown(capsys, *arguments)
    assert (code, out) == (2, "")
    assert "error: " in err.splitlines()[-1]
