"""What the command line says of itself."""

import pytest

from textssl.cli import COMMANDS, main
from textssl.cli.options import READING
from textssl.config import describe
from textssl.run_settings import RunSettings

WITH_SETTINGS = {
    "run": ("corpus", "pretraining", "embedding", "clustering", "reduction", "reporting", "seed", "lang", "memory"),
    "pretrain": ("corpus", "pretraining", "seed", "lang", "memory"),
    "embed": ("corpus", "lang"),
    "cluster": ("clustering", "seed"),
    "reduce": ("reduction", "seed"),
    "predict": ("corpus",),
    "robustness": ("corpus",),
    "report": ("reporting",),
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
    ("arguments", "reason"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["rnu", "texts.txt", "--out", "x"], "no command is called 'rnu' (nearest: 'run')"),
        (["runn", "texts.txt"], "no command is called 'runn' (nearest: 'run')"),
        (["run"], "the following arguments are required: INPUT, --out (see textssl run --help)"),
        (["run", "texts.txt"], "the following arguments are required: --out"),
        (["run", "texts.txt", "--out", "x", "--colour", "red"], "unrecognized arguments: --colour red"),
        (["run", "texts.txt", "--out", "x", "--method", "kmean"], "got 'kmean' (nearest: 'kmeans')"),
        (["run", "texts.txt", "--out", "x", "--set", "clusters=4"], "(nearest: 'clustering.n_clusters')"),
        (["fill", "x", "____", "--top", "many"], "argument --top: invalid int value: 'many'"),
        (["export", "x", "--out", "y"], "the following arguments are required: --format"),
    ],
    ids=str,
)
def test_bad_usage_is_one_line(arguments, reason, capsys):
    code = main(arguments)
    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    assert err.startswith("textssl: ")
    assert err.count("\n") == 1
    assert reason in err


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        (["predict", "x", "y", "--out", "z.csv"], "clustering.n_clusters"),
        (["predict", "x", "y", "--out", "z.csv"], "lang"),
        (["embed", "x", "y", "--out", "z.npy"], "embedding.form"),
        (["cluster", "x.npy", "--out", "z.csv"], "corpus.text_column"),
    ],
)
def test_a_setting_that_a_command_does_not_read_is_refused(arguments, path, capsys):
    value = {"clustering.n_clusters": "77", "lang": "de", "embedding.form": "static"}.get(path, "review")
    assert main([*arguments, "--set", f"{path}={value}"]) == 2
    assert f"textssl {arguments[0]} does not read {path}: it reads " in capsys.readouterr().err


def test_predict_has_no_language_of_its_own(capsys):
    assert main(["predict", "x", "y", "--out", "z.csv", "--lang", "klingon"]) == 2
    assert "unrecognized arguments: --lang klingon" in capsys.readouterr().err
