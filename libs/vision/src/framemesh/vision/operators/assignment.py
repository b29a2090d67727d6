"""Who belongs to whom at least cost: the shortest augmenting paths of Jonker and Volgenant.

R. Jonker and A. Volgenant, "A shortest augmenting path algorithm for dense and sparse linear
assignment problems", Computing 38, 1987; for matrices that are not square as in D. F. Crouse, "On
implementing 2D rectangular assignment algorithms", 2016.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Indices = NDArray[np.intp]

NOBODY = -1


def indices(flags: NDArray[Any]) -> Indices:
    """Where `flags`, [n], are set. numpy's `flatnonzero` takes three times as long for few."""
    found: Indices = flags.nonzero()[0]
    return found


def best_pairs(gains: Numbers) -> tuple[Indices, Indices]:
    """Rows and columns of the pairs whose gains have the largest sum; each row and each column is
    in one pair at most.

    Args:
        gains: [n, m]. Only positive ones make pairs, and those are finite.
    """
    possible = gains > 0
    of_row, of_column = possible.sum(axis=1), possible.sum(axis=0)
    # Most have one partner only, who has no other either: nothing is to be chosen there.
    rows, columns = np.nonzero(possible & (of_row[:, None] == 1) & (of_column == 1))
    of_row[rows] = 0
    of_column[columns] = 0
    open_rows, open_columns = indices(of_row), indices(of_column)
    if not len(open_rows):
        return rows, columns
    chosen = np.maximum(gains[np.ix_(open_rows, open_columns)], 0)
    first, second = assignment(-chosen)
    real = chosen[first, second] > 0
    return (
        np.concatenate((rows, open_rows[first[real]])),
        np.concatenate((columns, open_columns[second[real]])),
    )


def assignment(costs: Numbers) -> tuple[Indices, Indices]:
    """Rows and columns of min(n, m) pairs, each in one pair only, whose costs have the least sum.

    Args:
        costs: [n, m], finite, of any sign. The time grows with n * m * min(n, m) at worst.
    """
    if costs.shape[0] > costs.shape[1]:
        columns, rows = assignment(costs.T)
        return rows, columns
    matching = _Matching.begin(costs)
    for row in np.flatnonzero(matching.column_of == NOBODY):
        matching.augment(int(row))
    return np.arange(costs.shape[0]), matching.column_of


@dataclass(slots=True)
class _Matching:
    """A matching that is optimal for the rows that are in it, and the prices that prove it."""

    costs: Numbers
    """[n, m] with n <= m."""
    row_prices: Numbers
    column_prices: Numbers
    """No cost is less than the two prices together, and those of pairs are equal to them."""
    column_of: Indices
    row_of: Indices

    @classmethod
    def begin(cls, costs: Numbers) -> "_Matching":
        """Each row has its cheapest column, where no row before it has that one."""
        count, columns = costs.shape
        cheapest = costs.argmin(axis=1) if count else np.zeros(0, np.intp)
        column_of, row_of = np.full(count, NOBODY, np.intp), np.full(columns, NOBODY, np.intp)
        taken, takers = np.unique(cheapest, return_index=True)
        column_of[takers], row_of[taken] = taken, takers
        return cls(costs, costs[np.arange(count), cheapest], np.zeros(columns), column_of, row_of)

    def augment(self, row: int) -> None:
        """Bring in one more row, along the cheapest path to a column that nobody has."""
        distances = np.full(len(self.row_of), np.inf)
        previous = np.full(len(self.row_of), NOBODY, np.intp)
        ahead = np.zeros(len(self.row_of))  # infinite where the path has been
        free = np.flatnonzero(self.row_of == NOBODY)
        reached: list[int] = []
        at, distance = row, 0.0
        while True:
            through = self.costs[at] - self.column_prices + (distance - self.row_prices[at])
            through += ahead
            nearer = through < distances
            distances[nearer] = through[nearer]
            previous[nearer] = at
            column = int((distances + ahead).argmin())
            distance = float(distances[column])
            nearest = int(free[distances[free].argmin()])
            if distances[nearest] <= distance:  # of columns equally near one that ends the path
                column = nearest
                break
            ahead[column] = np.inf
            reached.append(column)
            at = int(self.row_of[column])
        self._raise_prices(row, reached, distances, distance)
        self._flip(row, column, previous)

    def _raise_prices(
        self, row: int, reached: list[int], distances: Numbers, distance: float
    ) -> None:
        self.row_prices[row] += distance
        shorter = distance - distances[reached]
        self.row_prices[self.row_of[reached]] += shorter
        self.column_prices[reached] -= shorter

    def _flip(self, row: int, column: int, previous: Indices) -> None:
        at = NOBODY
        while at != row:
            at = int(previous[column])
            left = int(self.column_of[at])
            self.row_of[column], self.column_of[at] = at, column
            column = left
