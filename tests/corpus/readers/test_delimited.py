import csv

import pytest

from textssl.corpus.readers.delimited import read_delimited
from textssl.corpus.settings import CorpusSettings
from textssl.errors import DataError, UsageError

LABELLED = CorpusSettings(label_column="label")


def write(tmp_path, content, name="a.csv"):
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(path, settings=CorpusSettings(), notes=None):  # noqa: B008  frozen
    """Return texts, labels and other columns of a file."""
    blocks = list(read_delimited(path, settings, [] if notes is None else notes))
    others = [row for block in blocks if block.others is not None for row in block.others.to_pylist()]
    return [text for block in blocks for text in block.texts], [v for block in blocks for v in block.labels], others


def test_csv_with_quotes_line_ends_and_unicode(tmp_path):
    path = write(tmp_path, '\ufefftext,label\r\n"a ""b"",\r\nc",1\r\n\r\nété 🦊,\r\n,x\r\n')
    notes = []
    assert read(path, LABELLED, notes)[:2] == (['a "b",\r\nc', "été 🦊", ""], ["1", "", "x"])
    assert notes == []  # what is usual needs no note


def test_the_other_columns_are_kept_as_they_are_written(tmp_path):
    path = write(tmp_path, "id,text,n,label\n007,Fox,1.50,a\n1823034723867713301,Dog,,b\n")
    texts, labels, others = read(path, LABELLED)
    assert (texts, labels) == (["Fox", "Dog"], ["a", "b"])
    assert others == [{"id": "007", "n": "1.50", "label": "a"}, {"id": "1823034723867713301", "n": "", "label": "b"}]
    assert read(write(tmp_path, "text\nFox\n"))[2] == []


def test_the_only_column_that_is_no_number_holds_the_texts(tmp_path):
    assert read(write(tmp_path, "id,title,price\n1,Fox,2.5\n2,7,\n"))[0] == ["Fox", "7"]


def test_a_column_of_numbers_is_refused(tmp_path):
    path = write(tmp_path, "text,price\nFox,2.5\nDog,3\n")
    with pytest.raises(DataError, match=r"column 'price' of .* contains no texts"):
        read(path, CorpusSettings(text_column="price"))


def test_a_field_of_many_megabytes(tmp_path):
    ((text,), _, _) = read(write(tmp_path, "text\n" + "word " * 400_000 + "\n"))
    assert len(text) == 2_000_000


GERMAN = "id;text;klasse\n1;Der Zug kommt spät, wieder einmal;Bahn\n2;Kaffee ist kalt;Essen\n"


@pytest.mark.parametrize(
    ("content", "texts", "others", "note"),
    [
        (
            GERMAN + '3;"Zwei Zeilen\nin einem Feld; mit Semikolon";Bahn\n',
            ["Der Zug kommt spät, wieder einmal", "Kaffee ist kalt", "Zwei Zeilen\nin einem Feld; mit Semikolon"],
            [{"id": str(i), "klasse": k} for i, k in [(1, "Bahn"), (2, "Essen"), (3, "Bahn")]],
            "separator ';', quote '\"', 3 columns",
        ),
        (
            ("\ufeff" + GERMAN).replace("\n", "\r\n"),
            ["Der Zug kommt spät, wieder einmal", "Kaffee ist kalt"],
            [{"id": "1", "klasse": "Bahn"}, {"id": "2", "klasse": "Essen"}],
            "separator ';', quote '\"', 3 columns",
        ),
        (
            "sep=;\n" + GERMAN,
            ["Der Zug kommt spät, wieder einmal", "Kaffee ist kalt"],
            [{"id": "1", "klasse": "Bahn"}, {"id": "2", "klasse": "Essen"}],
            "separator ';', quote '\"', 3 columns",
        ),
        ("text;\nDer Zug;\nKaffee;\n", ["Der Zug", "Kaffee"], [], "separator ';', quote '\"', 2 columns"),
        (
            "text|klasse\nDer Zug|Bahn\nKaffee, kalt|Essen\n",
            ["Der Zug", "Kaffee, kalt"],
            [{"klasse": "Bahn"}, {"klasse": "Essen"}],
            "separator '|', quote '\"', 2 columns",
        ),
        (
            'id,text\n1,"he said \\"go, now\\" in C:\\new"\n2,ok\n',
            ['he said "go, now" in C:\\new', "ok"],
            [{"id": "1"}, {"id": "2"}],
            "separator ',', quote '\"' after a backslash, 2 columns",
        ),
        (
            "text,label\n'it''s late, again',x\n'cold; or not',y\n",
            ["it's late, again", "cold; or not"],
            [{"label": "x"}, {"label": "y"}],
            "separator ',', quote \"'\", 2 columns",
        ),
        (
            "id\ttext\n1\tZug, kommt\n2\t日本語\n".encode("utf-16"),
            ["Zug, kommt", "日本語"],
            [{"id": "1"}, {"id": "2"}],
            None,
        ),
        ("id,text\n1,Zug\n2,日本語\n".encode("utf-16"), ["Zug", "日本語"], [{"id": "1"}, {"id": "2"}], None),
        ("id,text\n1,a late train,\n2,coffee,\n", ["a late train", "coffee"], [{"id": "1"}, {"id": "2"}], None),
        (
            'id, text , label\n1, a late train , x\n2, "cold, black", y\n',
            ["a late train ", "cold, black"],
            [{"id": "1", "label": "x"}, {"id": "2", "label": "y"}],
            None,
        ),
        (",text\n0,a train\n1,coffee\n", ["a train", "coffee"], [{"column_1": "0"}, {"column_1": "1"}], None),
        (
            "ID,Text,Tag\n1,a train,x\n2,b,y\n",
            ["a train", "b"],
            [{"ID": "1", "Tag": "x"}, {"ID": "2", "Tag": "y"}],
            None,
        ),
        ("id,text\n1,a\0 train\n2,b\n", ["a\0 train", "b"], [{"id": "1"}, {"id": "2"}], None),
        ("id,text\r1,a train\r2,b\r", ["a train", "b"], [{"id": "1"}, {"id": "2"}], None),
        (
            "id,text\n1,NA\n2,nan\n3,None\n4,null\n5,real\n",
            ["NA", "nan", "None", "null", "real"],
            [{"id": str(i)} for i in range(1, 6)],
            None,
        ),
        ("id,text\n1,42\n2,3.5\n3,a word\n", ["42", "3.5", "a word"], [{"id": str(i)} for i in range(1, 4)], None),
        ('text\n"a train, late"\n"b, c"\n', ["a train, late", "b, c"], [], None),
        ("text\na train, late again, again\nb, c\nd\ne\n", ["a train, late again, again", "b, c", "d", "e"], [], None),
    ],
)
def test_files_are_read_as_they_were_written(tmp_path, content, texts, others, note):
    path = write(tmp_path, content)
    notes = []
    found = read(path, CorpusSettings(), notes)
    assert found == (texts, [None] * len(texts), others)
    assert notes == ([] if note is None else [f"{path}: {note}"])


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])
@pytest.mark.parametrize("quote", ['"', "'"])
@pytest.mark.parametrize("double", [True, False])
@pytest.mark.parametrize("columns", [("text", "label"), ("label", "text"), ("id", "text", "label")])
def test_whatever_python_writes_is_read_back(tmp_path, separator, quoting, quote, double, columns):
    texts = [
        *["Dear all,\nthe 5\" pipe; it's here", 'He said "no, thanks"', "it's a tram", "plain", "a; b, c | d\te"],
        *['"all quoted"', "'all quoted'", "two\nlines, or\nthree", "", "Coffee; then, tea"],
    ]
    path = tmp_path / "a.csv"
    with path.open("w", newline="") as file:
        escape = None if double else "\\"
        writer = csv.writer(
            file, "excel", delimiter=separator, quotechar=quote, quoting=quoting, doublequote=double, escapechar=escape
        )
        writer.writerow(columns)
        for index, text in enumerate(texts):
            row = {"text": text, "label": "odd" if index % 2 else "even", "id": index}
            writer.writerow([row[column] for column in columns])
    assert read(path, LABELLED)[:2] == (texts, ["even", "odd"] * 5)


STRAY = '"To stay or to go,poem\nthe rain kept on,poem\nthat was the question",poem\nthe tram was late,city\n'


@pytest.mark.parametrize(
    ("content", "texts"),
    [
        (
            STRAY.replace(",", "\t"),
            ['"To stay or to go', "the rain kept on", 'that was the question"', "the tram was late"],
        ),
        (
            'the rain\tpoem\n"To stay or to go\tpoem\nthat was all\tpoem\n',
            ["the rain", '"To stay or to go', "that was all"],
        ),
        ('the 5" pipe\tshop\n"no" she said\tpoem\n', ['the 5" pipe', '"no" she said']),
        ('"quoted"\tx\n"through ""out"""\ty\n', ["quoted", 'through "out"']),
        ('plain\tx\n"two\nlines"\ty\n', ["plain", "two\nlines"]),
    ],
)
def test_a_row_of_a_tsv_is_a_row(tmp_path, content, texts):
    path = write(tmp_path, "text\tlabel\n" + content, "a.tsv")
    assert read(path)[0] == texts


def test_a_quoted_field_that_holds_rows_is_refused(tmp_path):
    path = write(tmp_path, "text,label\n" + STRAY)
    message = (
        r"^line 2 of .*a\.csv starts a quoted field that contains complete rows, up to line 4: .*corpus\.quote=none"
    )
    with pytest.raises(DataError, match=message):
        read(path)
    with pytest.raises(DataError, match=message):
        read(path, CorpusSettings(broken="skip"))
    assert len(read(path, CorpusSettings(quote="none"))[0]) == 4
    assert read(path, CorpusSettings(quote='"'))[0][1:] == ["the tram was late"]


def test_it_is_refused_far_behind_and_beside_quotes_that_are_meant(tmp_path):
    rows = "id,text,label\n" + "".join(f'{i},"a train, late",city\n{i},"two\nlines",poem\n' for i in range(20_000))
    path = write(tmp_path, rows + '7,"To stay,poem\n8,the rain,poem\n9,the question",poem\n')
    with pytest.raises(DataError, match=r"^line 60002 of .* contains complete rows, up to line 60004"):
        read(path)


@pytest.mark.parametrize(
    "text", ["Dear all,\nthanks", "Hello, all\nbye", "one\ntwo", "It cost 1,000 dollars and more than that\nand so on"]
)
def test_texts_of_several_lines_are_no_rows(tmp_path, text):
    path = write(tmp_path, f'text,label\nplain,x\nanother,y\n"{text}",x\n')
    assert read(path)[0] == ["plain", "another", text]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("text,label\na,b\nc\n", r"^line 3 of .*a\.csv has 1 fields, the first row has 2: .*corpus\.broken=skip$"),
        ("text,label\na,b,c\n", "^line 2 of .* has 3 fields, the first row has 2"),
        (
            'text,label\n"a"b,c\n',
            r"^line 2 of .* is malformed \(text follows a closing quote\): .*corpus\.broken=skip$",
        ),
        ('text,label\n"never closed\nd,e\n', r"^line 2 of .* is malformed \(a quote is never closed\): .*quote=none"),
        ('text,label\n"never closed,c\nd,e\n', "^line 2 of .* contains complete rows, up to line 3: .*quote=none"),
        ("text,text\na,b\n", r"has the same column name twice \(text, text\): rename one"),
        (
            "Report\n\nid;text\n1;a, b\n2;c\n",
            "separator ';' splits most lines of .* into 2 fields, but the first into 1: .* above it",
        ),
        ("a,b;c\nd,e;f\n", r"cannot detect the separator of .*: set it with --set corpus\.separator="),
    ],
)
def test_malformed_files_are_refused(tmp_path, content, message):
    with pytest.raises(DataError, match=message):
        read(write(tmp_path, content))


def test_broken_lines_can_be_skipped(tmp_path):
    path = write(tmp_path, 'text,label\na,b\nc\n"d"e,f\ng,h\n')
    notes = []
    assert read(path, CorpusSettings(broken="skip"), notes)[0] == ["a", "g"]
    assert notes == [f"{path}: 2 broken lines skipped"]


def test_the_user_knows_better(tmp_path):
    path = write(tmp_path, "text;label\na, b;c\nd, e;f\n")
    assert read(path, CorpusSettings(separator=";"))[0] == ["a, b", "d, e"]
    assert read(path, CorpusSettings(separator="tab", header="no"))[0] == ["text;label", "a, b;c", "d, e;f"]
    path = write(tmp_path, "sep=,\ntext;label\na, b;c\n")
    assert read(path, CorpusSettings(separator=";"))[0] == ["a, b"]
    path = write(tmp_path, "text,label\n%a, b%,c\n")
    assert read(path, CorpusSettings(quote="%"))[0] == ["a, b"]


@pytest.mark.parametrize(("key", "name"), [("separator", "tab"), ("quote", "none")])
@pytest.mark.parametrize("value", ["", ";;", "\n"])
def test_what_is_no_character_is_refused(key, name, value):
    with pytest.raises(UsageError, match=rf"^corpus\.{key} expects one character, 'auto' or '{name}', got"):
        CorpusSettings(**{key: value})
