import csv
import json
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from textssl.errors import DataError, UsageError
from textssl.formats.registry import FORMATS, export, format_of, read_embeddings
from textssl.results import BATCH, Results

READ_BACK = [name for name, format in FORMATS.items() if format.read]
TEXTS = ['a,"quoted"\tcell', "two\nlines\r\nand\u2028more", "=1+1", "", "日本語 العربية é", "</script>", "𝒳"]


def exported(n: int = 7, **columns) -> Results:
    random = np.random.default_rng(0)
    embeddings = random.normal(size=(n, 3)).astype(np.float32)
    embeddings[:1] = [1e-30, -3.4e38, -0.0]
    values = {
        "row": np.arange(n, dtype=np.int64),
        "cluster": (np.arange(n, dtype=np.int32) % 3) - 1,
        "probability": random.random(n).astype(np.float32),
        "text": [TEXTS[i % len(TEXTS)] for i in range(n)],
        "embedding": embeddings,
    }
    return Results(values | columns)


def read_projector(path):
    lines = (path / "tensors.tsv").read_text(encoding="utf-8").splitlines()
    return np.array([line.split("\t") for line in lines], np.float32)


@pytest.mark.parametrize("format", [*READ_BACK, "projector"])
@pytest.mark.parametrize("n", [1, 7, BATCH + 3])
def test_round_trip_keeps_every_row_in_place(format, n, tmp_path):
    data = exported(n)
    path = export(data, format, tmp_path / f"out.{format}")
    read = read_projector(path) if format == "projector" else read_embeddings(path)
    np.testing.assert_array_equal(read, data["embedding"])
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("format", [*READ_BACK, "projector"])
def test_memory_map_and_overwriting(format, tmp_path):
    np.save(tmp_path / "map.npy", exported()["embedding"])
    path = tmp_path / f"out.{format}"
    export(exported(3), format, path)
    data = exported(embedding=np.load(tmp_path / "map.npy", mmap_mode="r"))
    export(data, format, path)
    read = read_projector(path) if format == "projector" else read_embeddings(path)
    np.testing.assert_array_equal(read, data["embedding"])


@pytest.mark.parametrize("format", [*READ_BACK, "projector"])
@pytest.mark.parametrize("dtype", [np.float16, np.float64, np.int32])
def test_other_numbers_are_written_as_float32(format, dtype, tmp_path):
    values = np.array([[0.1, 2], [-3, 4.5]]).astype(dtype)
    path = export(Results({"row": np.arange(2), "embedding": values}), format, tmp_path / f"out.{format}")
    read = read_projector(path) if format == "projector" else read_embeddings(path)
    np.testing.assert_array_equal(read, values.astype(np.float32))


@pytest.mark.parametrize("format", READ_BACK)
def test_no_rows_round_trip(format, tmp_path):
    assert len(read_embeddings(export(exported(0), format, tmp_path / f"out.{format}"))) == 0


@pytest.mark.parametrize("format", FORMATS)
def test_without_embeddings(format, tmp_path):
    data = exported().select(["row", "cluster", "text"])
    if format in ("npy", "projector"):
        with pytest.raises(DataError, match=f"{format} needs the column 'embedding', which these results lack"):
            export(data, format, tmp_path / "out")
        assert not (tmp_path / "out").exists()
    else:
        assert export(data, format, tmp_path / "out").stat().st_size


def test_parquet_columns(tmp_path):
    data = exported()
    table = pq.read_table(export(data, "parquet", tmp_path / "a.parquet"))
    assert [str(field.type) for field in table.schema][:4] == ["int64", "int32", "float", "string"]
    assert table.column("text").to_pylist() == TEXTS
    assert table.column("cluster").to_pylist() == data["cluster"].tolist()
    np.testing.assert_array_equal(np.array(table.column("embedding").to_pylist(), np.float32), data["embedding"])


def test_jsonl_lines(tmp_path):
    data = exported()
    path = export(data, "jsonl", tmp_path / "a.jsonl")
    read = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]
    assert [list(line) for line in read] == [["row", "cluster", "probability", "text", "embedding"]] * 7
    assert [line["text"] for line in read] == TEXTS
    assert [line["cluster"] for line in read] == data["cluster"].tolist()
    np.testing.assert_array_equal(np.float32([line["probability"] for line in read]), data["probability"])


def test_csv_texts_come_back_as_they_were(tmp_path):
    path = export(exported(), "csv", tmp_path / "a.csv")
    with path.open(encoding="utf-8", newline="") as file:
        read = list(csv.DictReader(file))
    assert [line["text"] for line in read] == TEXTS
    assert list(read[0]) == ["row", "cluster", "probability", "text", "embedding_0", "embedding_1", "embedding_2"]


def test_projector_metadata_has_a_line_for_each_vector(tmp_path):
    path = export(exported(), "projector", tmp_path / "a.projector")
    header, *lines = (path / "metadata.tsv").read_text(encoding="utf-8").split("\n")[:-1]
    assert header.split("\t") == ["row", "cluster", "probability", "text"]
    assert [line.split("\t")[0] for line in lines] == [str(i) for i in range(7)]
    assert lines[1].endswith("two lines  and more")


def test_projector_lone_column_has_no_header(tmp_path):
    data = exported().select(["row", "embedding"])
    path = export(data, "projector", tmp_path / "a.projector")
    assert (path / "metadata.tsv").read_text() == "0\n1\n2\n3\n4\n5\n6\n"


def test_unknown_names(tmp_path):
    with pytest.raises(UsageError, match="no export format is called 'parket' \\(nearest: 'parquet'\\)"):
        export(exported(), "parket", tmp_path / "a")
    with pytest.raises(UsageError, match=r"a\.xlsx names no format: expected one of \.npy, \.parquet, \.jsonl, \.csv"):
        format_of("a.xlsx")
    with pytest.raises(UsageError, match=r"cannot be read back: expected a file ending in one of \.npy"):
        read_embeddings(tmp_path / "a.projector")
    assert format_of("dir/B.NPY") == "npy"


def write(path, content):
    path.write_bytes(content) if isinstance(content, bytes) else np.save(path, content)
    return path


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.npy", np.zeros(3), r"has shape \(3,\), expected \(texts, dimensions\)"),
        ("a.npy", np.array([["a"]]), "has type <U1, expected numbers"),
        ("a.npy", np.array([[0], [np.nan], [np.inf]]), "NaN or infinity in row 1"),
        ("a.npy", np.array([[{}]], dtype=object), "contains no embeddings: .*pickle|contains no embeddings: .*object"),
        ("a.npy", b"not numpy", "contains no embeddings: .*pickle"),
        ("a.npy", b"", "contains no embeddings"),
        ("a.parquet", b"not parquet", "contains no embeddings"),
        ("a.jsonl", b'{"text": "a"}\n', "line 1 has no list of numbers under 'embedding'"),
        ("a.jsonl", b'{"embedding": [1, 2]}\n{"embedding": [1]}\n', r"differ in length \(line 2\)"),
        ("a.jsonl", b'{"embedding": [1]}\n{"embedding": [NaN]}\n', "NaN or infinity in row 1"),
        ("a.jsonl", b"\xff\xfe\n", "contains no embeddings"),
        ("a.csv", b"text\na\n", "it has no columns embedding_0"),
        ("a.csv", b"", "it has no columns embedding_0"),
        ("a.csv", b"embedding_0\nx\n", "contains no embeddings: .*'x'"),
    ],
)
def test_unusable_files_are_refused_in_one_line(name, content, message, tmp_path):
    with pytest.raises(DataError, match=message) as refused:
        read_embeddings(write(tmp_path / name, content))
    assert "\n" not in str(refused.value)


def test_parquet_that_holds_no_table_of_numbers(tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": ["a"]}), path)
    with pytest.raises(DataError, match="it has no column 'embedding'"):
        read_embeddings(path)
    for values in ([[1.0], [1.0, 2.0]], [[1.0], None]):
        pq.write_table(pa.table({"embedding": pa.array(values, pa.list_(pa.float32()))}), path)
        with pytest.raises(DataError, match="its embeddings differ in length"):
            read_embeddings(path)
    for values in (["a"], [["a"]]):
        pq.write_table(pa.table({"embedding": values}), path)
        with pytest.raises(DataError, match="contains no embeddings"):
            read_embeddings(path)


def test_missing_file(tmp_path):
    with pytest.raises(DataError, match=r"cannot read .*a\.npy: No such file"):
        read_embeddings(tmp_path / "a.npy")


def test_any_numeric_npy_is_read_and_float32_stays_mapped(tmp_path):
    np.save(tmp_path / "a.npy", np.ones((2, 2), np.int16))
    assert read_embeddings(tmp_path / "a.npy").dtype == np.float32
    np.save(tmp_path / "b.npy", np.ones((2, 2), np.float32))
    assert isinstance(read_embeddings(tmp_path / "b.npy"), np.memmap)


def test_a_spreadsheet_is_told_its_encoding_and_given_no_formulas(tmp_path):
    texts = ["=1+1", " +SUM(A1)", "@x", "-5", "a = b", "été", ""]
    path = export(Results({"row": np.arange(7), "text": texts}), "spreadsheet", tmp_path / "a.csv")
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        read = [line["text"] for line in csv.DictReader(file)]
    assert read == ["'=1+1", "' +SUM(A1)", "'@x", "'-5", "a = b", "été", ""]


OTHERS = {
    "id": pa.array([7, None], pa.int64()),
    "when": pa.array([datetime(2024, 2, 29, 12), None], pa.timestamp("us")),
    "share": pa.array([0.5, float("nan")], pa.float64()),
    "tags": pa.array([["a", "b"], None], pa.list_(pa.string())),
    "kind": pa.array(["x", "y"]).dictionary_encode(),
    "cluster": pa.array(["mine", "=yours"]),
}


@pytest.fixture
def with_others():
    """Two rows with other columns of the input."""
    return Results({"row": np.arange(2), "cluster": np.array([0, 1], np.int32), "text": ["a", "b"]}, pa.table(OTHERS))


def test_other_columns_keep_their_types_in_parquet(with_others, tmp_path):
    table = pq.read_table(export(with_others, "parquet", tmp_path / "a.parquet"))
    assert table.column_names == ["row", "cluster", "text", "id", "when", "share", "tags", "kind", "input_cluster"]
    assert table["cluster"].to_pylist() == [0, 1]
    for name, column in OTHERS.items():
        found = table[f"input_{name}" if name == "cluster" else name].combine_chunks()
        assert found.type == column.type
        assert str(found.to_pylist()) == str(column.to_pylist())


def test_other_columns_in_json_lines(with_others, tmp_path):
    lines = export(with_others, "jsonl", tmp_path / "a.jsonl").read_text().splitlines()
    first, second = map(json.loads, lines)
    assert (first["id"], first["tags"], first["kind"], first["input_cluster"]) == (7, ["a", "b"], "x", "mine")
    assert (first["when"], first["share"]) == ("2024-02-29 12:00:00", 0.5)
    assert [second[name] for name in ("id", "when", "share", "tags")] == [None] * 4


def test_other_columns_in_csv(with_others, tmp_path):
    with export(with_others, "csv", tmp_path / "a.csv").open(newline="") as file:
        first, second = csv.DictReader(file)
    assert (first["id"], first["tags"], first["kind"], first["share"]) == ("7", '["a", "b"]', "x", "0.5")
    assert (second["id"], second["tags"], second["input_cluster"]) == ("", "null", "=yours")


def test_other_columns_in_the_projector(with_others, tmp_path):
    columns = {name: with_others[name] for name in with_others.column_names}
    data = Results(columns | {"embedding": np.ones((2, 2), np.float32)})
    header, first, second = (export(data, "projector", tmp_path / "a") / "metadata.tsv").read_text().splitlines()
    assert header.split("\t")[-1] == "input_cluster"
    assert first.split("\t")[3] == "7"
    assert second.split("\t")[3] == ""


# A column of each type that a stage may add to results, for two rows.
ADDED = {
    "int32": np.array([3, -1], np.int32),
    "float32": np.array([0.5, 0.25], np.float32),
    "string": ["=news", "spört, etc."],
    "lists": pa.array([[0.5], [1, 2]], pa.list_(pa.float32())),
    "matrix": np.array([[1, 2], [0.5, 4]], np.float32),
}


def read_added(format, path):
    """Return the column `added` of a file, and all names of columns, as far as the format has names."""
    if format == "npy":
        return np.load(path).tolist(), ["added"]
    if format == "parquet":
        table = pq.read_table(path)
        return table["added"].to_pylist(), table.column_names
    if format == "jsonl":
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        return [line["added"] for line in lines], list(lines[0])
    file = path / "metadata.tsv" if format == "projector" else path
    with file.open(encoding="utf-8-sig", newline="") as stream:
        header, *lines = csv.reader(stream, delimiter="\t" if format == "projector" else ",")
    added = [i for i, name in enumerate(header) if name.startswith("added")]
    cells = [[line[i] for i in added] for line in lines]
    return [row[0] if len(added) == 1 else [float(cell) for cell in row] for row in cells], header


@pytest.mark.parametrize("kind", ADDED)
@pytest.mark.parametrize("format", FORMATS)
def test_every_format_writes_any_column(format, kind, tmp_path):
    embedding = np.ones((2, 3), np.float32)
    data = Results({"row": np.arange(2), "cluster": np.arange(2), "added": ADDED[kind], "embedding": embedding})
    columns = ["added"] if format == "npy" else ["added", "row"]
    values, names = read_added(format, export(data, format, tmp_path / "out", columns))
    expected = data.select(["added"]).to_table()["added"].to_pylist()
    if format in ("csv", "spreadsheet", "projector") and isinstance(values[0], str):
        values = [value if kind == "string" else json.loads(value) for value in values]
    if format == "npy" and kind == "lists":
        values = [json.loads(value) for value in values]
    if format == "spreadsheet" and kind == "string":
        expected[0] = "'=news"
    assert values == expected
    assert "cluster" not in names
    assert names[0].startswith("added")
    if format == "projector":
        np.testing.assert_array_equal(read_projector(tmp_path / "out"), embedding)


@pytest.mark.parametrize("format", FORMATS)
def test_an_unknown_column_is_refused(format, tmp_path):
    with pytest.raises(UsageError, match=r"^no column is called 'clusters' \(nearest: 'cluster'\)$"):
        export(exported(), format, tmp_path / "out", ["clusters"])
    with pytest.raises(UsageError, match=r"^columns expects a list of names, got 'text': write \['text'\]$"):
        export(exported(), format, tmp_path / "out", "text")
    assert not (tmp_path / "out").exists()


def test_npy_holds_one_column(tmp_path, with_others):
    with pytest.raises(UsageError, match=r"^npy holds one column, got row, cluster: name one, or use parquet$"):
        export(exported(), "npy", tmp_path / "out.npy", ["row", "cluster"])
    assert not (tmp_path / "out.npy").exists()
    for name, expected in {"id": [7, None], "when": None, "tags": ['["a", "b"]', "null"], "kind": ["x", "y"]}.items():
        read = np.load(export(with_others, "npy", tmp_path / "out.npy", [name]))
        if name == "id":
            assert read[0] == 7
            assert np.isnan(read[1])
        elif name == "when":
            assert read[0] == np.datetime64("2024-02-29T12:00:00")
            assert np.isnat(read[1])
        else:
            assert read.tolist() == expected


def test_what_json_cannot_express_is_null(tmp_path):
    vectors = np.array([[1, np.nan], [2, 3]], np.float32)
    lists = pa.array([[np.inf], [1.0]], pa.list_(pa.float32()))
    data = Results({"row": np.arange(2), "lists": lists, "vector": vectors})
    lines = export(data, "jsonl", tmp_path / "a.jsonl").read_text().splitlines()
    assert [json.loads(line)["vector"] for line in lines] == [[1, None], [2, 3]]
    assert [json.loads(line)["lists"] for line in lines] == [[None], [1]]
