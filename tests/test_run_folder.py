import errno
import json
import os
import subprocess
import sys

import numpy as np
import pytest
from safetensors.numpy import save_file

from textssl.errors import DataError, UsageError
from textssl.run_folder import (
    FORMAT,
    RunFolder,
    claim,
    clear_os_errors,
    new_array,
    read_json,
    read_manifest,
    require_finished,
    sweep,
    write_json,
    write_manifest,
    write_whole,
)

BEGUN = {"input": "abc", "settings": {"seed": 0}, "format": FORMAT, "finished": False, "stages": {}}


def refuse(number):
    def write(part):
        part.write_text("half")
        raise OSError(number, os.strerror(number))

    return write


def made(root):
    """Return the folder of a run that was begun."""
    folder = claim(root)
    write_manifest(folder, BEGUN)
    return folder


def test_claim_of_a_new_folder_makes_it(tmp_path):
    folder = claim(str(tmp_path / "deep" / "run"))
    assert folder.root == tmp_path / "deep" / "run"
    assert list(folder.root.iterdir()) == []


def test_claim_of_an_empty_folder_and_of_one_with_leavings(tmp_path):
    claim(tmp_path)
    (tmp_path / "manifest.json.part").write_text("{")
    assert claim(tmp_path).root == tmp_path


def test_claim_of_a_run_keeps_what_was_done(tmp_path):
    made(tmp_path)
    assert read_manifest(claim(tmp_path)) == BEGUN


def test_claim_refuses_a_file_and_a_foreign_folder(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"notes\.txt is a file: --out expects a folder"):
        claim(tmp_path / "notes.txt")
    with pytest.raises(UsageError, match="is not empty and contains no run: choose another --out"):
        claim(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_claim_below_a_file(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(DataError, match=r"cannot write .*: Not a directory"):
        claim(tmp_path / "notes.txt" / "run")


@pytest.mark.parametrize("found", [{"format": FORMAT + 1}, {}, [], 3])
def test_another_format(tmp_path, found):
    write_json(tmp_path / "manifest.json", found)
    with pytest.raises(DataError, match=rf"has format .*, expected format {FORMAT}: run it again"):
        read_manifest(RunFolder(tmp_path))


@pytest.mark.parametrize("damaged", [b"", b"{", b"\xff\xfe\x00"])
def test_a_damaged_manifest(tmp_path, damaged):
    (tmp_path / "manifest.json").write_bytes(damaged)
    # Deleting the manifest alone would leave a folder that `claim` must refuse.
    with pytest.raises(DataError, match=rf"manifest\.json is damaged: delete {tmp_path} and run the same command"):
        read_manifest(RunFolder(tmp_path))


def test_no_run(tmp_path):
    (tmp_path / "file").write_text("")
    for root in (tmp_path, tmp_path / "nothing", tmp_path / "file"):
        with pytest.raises(DataError, match=r"contains no run \(no manifest\.json\): create one with textssl run"):
            read_manifest(RunFolder(root))


def test_a_run_cut_off(tmp_path):
    folder = made(tmp_path)
    with pytest.raises(DataError, match="is incomplete: run the same textssl run command again to finish it"):
        require_finished(folder)
    write_manifest(folder, read_manifest(folder) | {"finished": True})
    assert require_finished(folder)["finished"]


def test_json_comes_back(tmp_path):
    value = {"words": ["größe", "犬", "\u2028"], "share": 0.5, "none": None}
    write_json(tmp_path / "a" / "b.json", value)
    assert read_json(tmp_path / "a" / "b.json") == value
    assert "größe" in (tmp_path / "a" / "b.json").read_text(encoding="utf-8")
    (tmp_path / "c.json").write_text("{")
    with pytest.raises(DataError, match=r"c\.json is damaged: delete it and run the same command again"):
        read_json(tmp_path / "c.json")


def test_a_file_is_replaced_whole(tmp_path):
    path = tmp_path / "file"
    for text in ("old", "new"):
        write_whole(path, lambda part, text=text: part.write_text(text))
        assert path.read_text() == text
    assert [found.name for found in tmp_path.iterdir()] == ["file"]


def test_a_folder_is_replaced_whole(tmp_path):
    def folder_of(name):
        def write(part):
            (part / "sub").mkdir(parents=True)
            (part / "sub" / name).write_text(name)

        return write

    write_whole(tmp_path / "folder", folder_of("old"))
    write_whole(tmp_path / "folder", folder_of("new"))
    assert [found.name for found in (tmp_path / "folder" / "sub").iterdir()] == ["new"]


def test_a_folder_of_others_is_not_replaced(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "thesis.txt").write_text("mine")
    for write in (lambda part: part.mkdir(), lambda part: part.write_text("a file")):
        with pytest.raises(UsageError, match="folder is a folder with other files: choose another name, nothing was"):
            write_whole(tmp_path / "folder", write)
    assert (tmp_path / "folder" / "thesis.txt").read_text() == "mine"
    assert [found.name for found in tmp_path.iterdir()] == ["folder"]


def test_sweep_removes_leavings_only(tmp_path):
    folder = made(tmp_path)
    (tmp_path / "encoder.part").mkdir()
    (tmp_path / "encoder.checkpoint").write_text("")
    (tmp_path / "encoder").mkdir()
    sweep(folder)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["encoder", "manifest.json"]


@pytest.mark.parametrize("leaving", ["file", "folder"])
def test_what_a_kill_left_half_written_is_replaced(tmp_path, leaving):
    part = tmp_path / "file.part"
    part.mkdir() if leaving == "folder" else part.write_text("half")
    write_json(tmp_path / "file", 1)
    assert [found.name for found in tmp_path.iterdir()] == ["file"]


def test_a_writer_that_raises_leaves_the_old_file(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    for number, message in [
        (errno.ENOSPC, f"the disk is full, {path} was not written: free some space and run again"),
        (errno.EDQUOT, f"the disk is full, {path} was not written: free some space and run again"),
        (errno.EROFS, f"cannot write {path}: Read-only file system"),
    ]:
        with pytest.raises(DataError) as caught:
            write_whole(path, refuse(number))
        assert str(caught.value) == message
        assert path.read_text() == "old"
    with pytest.raises(KeyboardInterrupt):
        write_whole(path, lambda part: (_ for _ in ()).throw(KeyboardInterrupt))
    assert path.read_text() == "old"


def test_an_error_of_safetensors_is_cleared_too(tmp_path):
    with pytest.raises(DataError, match=r"cannot write"):
        write_whole(tmp_path / "file", lambda part: save_file({"x": np.ones(3)}, part / "below" / "nothing"))


def test_new_array_is_written_through(tmp_path):
    array = new_array(tmp_path / "array.npy", (3, 2))
    array[:] = [[0, 1], [2, 3], [4, 5]]
    array.flush()
    read = np.load(tmp_path / "array.npy", mmap_mode="r")
    assert read.dtype == np.float32
    assert read.tolist() == [[0, 1], [2, 3], [4, 5]]


def test_an_error_without_words():
    with pytest.raises(DataError, match=r"cannot write out: odd"), clear_os_errors("out"):
        raise OSError("odd")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is read-only for root")
def test_a_read_only_folder(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(DataError, match=r"cannot write .*: Permission denied"):
        claim(tmp_path / "run")


def test_a_real_limit_on_the_size_of_files(tmp_path):
    """The nearest to a full disk that needs no rights: the system refuses the bytes above a limit."""
    pytest.importorskip("resource")
    program = """
import json, resource, sys
from pathlib import Path
import numpy as np
from safetensors.numpy import save_file
from textssl.errors import DataError
from textssl.run_folder import new_array, write_json, write_whole
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
folder = Path(sys.argv[1])
for name, write in {
    "json": lambda: write_json(folder / "json", list(range(10_000))),
    "safetensors": lambda: write_whole(folder / "safetensors", lambda part: save_file({"x": np.ones(10_000)}, part)),
    "array": lambda: write_whole(folder / "array", lambda part: new_array(part, (1_000, 10))),
}.items():
    (folder / name).write_text("old")
    try:
        write()
    except DataError as error:
        print(name, (folder / name).read_text(), error)
"""
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert [line.split()[:4] for line in lines] == [
        [name, "old", "cannot", "write"] for name in ("json", "safetensors", "array")
    ]
    assert all("File too large" in line for line in lines), lines


def test_a_manifest_is_readable_json(tmp_path):
    folder = made(tmp_path)
    assert json.loads(folder.manifest.read_text(encoding="utf-8"))["settings"] == {"seed": 0}


def test_what_is_no_finite_number_becomes_null(tmp_path):
    write_json(tmp_path / "a.json", {"loss": float("nan"), "all": [1.5, float("inf"), (2, float("-inf"))]})
    assert json.loads((tmp_path / "a.json").read_text()) == {"loss": None, "all": [1.5, None, [2, None]]}
