"""What became of the results of a sink, in numbers."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Counts:
    """Since a process runs the sink, or of all that did; names as in SinkState."""

    written: int = 0
    """Results, also those that were written twice."""
    missing_pictures: int = 0
    """Results that were written without their picture, as that was gone."""
    refused_results: int = 0
    """Results that were left out, as the target takes others and not these."""

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.written + other.written,
            self.missing_pictures + other.missing_pictures,
            self.refused_results + other.refused_results,
        )

    def __sub__(self, other: "Counts") -> "Counts":
        return Counts(
            self.written - other.written,
            self.missing_pictures - other.missing_pictures,
            self.refused_results - other.refused_results,
        )
