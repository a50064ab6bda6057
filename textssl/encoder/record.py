"""The record of how an encoder was fitted, as its folder keeps it. Loads nothing heavy."""

from dataclasses import asdict, dataclass, fields
from pathlib import Path

from textssl.run_folder import read_json, write_json

_FILE = "textssl.json"


@dataclass(frozen=True)
class SentenceTraining:
    """The record of a sentence training.

    Attributes:
        objectives: names of the objectives, separated by commas.
        texts: number of texts held out.
        kept: number of steps of the state that was kept; 0 if the training did not improve the vectors.
        measured: the `Signals` after each number of steps, and that number as "step".
    """

    objectives: str
    texts: int
    kept: int
    measured: list[dict[str, float]]

    @property
    def note(self) -> str:
        """What the training changed, in one sentence."""
        by_step = {
            entry["step"]: f"{entry['retrieval']:.1%} of half texts find their other half, margin of clusters "
            f"{entry['margin']:.3f}"
            for entry in self.measured
        }
        details = f"{self.objectives}, {self.texts} texts held out"
        if self.kept:
            return f"after the sentence training ({details}), {by_step[self.kept]}; before it, {by_step[0]}"
        return (
            f"context did not help: the sentence training ({details}) did not improve the vectors, so those of the "
            f"start are kept: {by_step[0]}; at the end of the training, {by_step[max(by_step)]}"
        )


@dataclass(frozen=True)
class EncoderRecord:
    """How an encoder was fitted.

    Attributes:
        form_notes: what its form has to report.
        training: the record of the sentence training; None if there was none.
    """

    form_notes: tuple[str, ...] = ()
    training: SentenceTraining | None = None

    @property
    def notes(self) -> list[str]:
        """What to report of how the encoder was fitted."""
        return [*self.form_notes, *([self.training.note] if self.training else [])]

    def save(self, folder: Path) -> None:
        """Write the record to the folder of the encoder, if there is anything to record."""
        values = {"notes": list(self.form_notes)} if self.form_notes else {}
        values |= asdict(self.training) if self.training else {}
        if values:
            write_json(folder / _FILE, values)

    @classmethod
    def load(cls, folder: Path) -> "EncoderRecord":
        """Read the record from the folder of an encoder; empty if there is none."""
        values = read_json(folder / _FILE) if (folder / _FILE).exists() else {}
        names = [field.name for field in fields(SentenceTraining)]
        training = SentenceTraining(**{name: values[name] for name in names}) if "measured" in values else None
        return cls(tuple(values.get("notes", ())), training)
