"""Columns of plain Python values in the shape that pyreadstat reads, so that no data-frame package is needed.

pyreadstat asks narwhals for columns and rows and never computes with them. It accepts polars and pandas only, so these
columns say they behave like polars: a missing value is None.
"""

from __future__ import annotations

import types
from collections.abc import Iterator, Sequence
from typing import Any

import narwhals
from narwhals import Implementation

NUMBER, WHOLE, TEXT, DAY = narwhals.Float64(), narwhals.Int32(), narwhals.String(), narwhals.Object()


class Column:
    """One variable; None stands for missing."""

    _version: Any = None  # which edition of narwhals is asking

    def __init__(self, name: str, dtype: Any, values: Sequence[Any]) -> None:
        self.name, self.dtype, self.values = name, dtype, values

    def __narwhals_series__(self) -> Column:
        return self

    def __iter__(self) -> Iterator[Any]:
        return iter(self.values)

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, place: int) -> Any:
        return self.values[place]

    def item(self, place: int | None = None) -> Any:
        return self.values[place or 0]

    def null_count(self) -> int:
        return sum(value is None for value in self.values)

    def drop_nulls(self) -> Column:
        made = Column(self.name, self.dtype, [value for value in self.values if value is not None])
        made._version = self._version
        return made


class Frame:
    """A table of such columns, all of one length."""

    _implementation = Implementation.POLARS
    _version: Any = None

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns

    def __narwhals_dataframe__(self) -> Frame:
        return self

    def __native_namespace__(self) -> types.ModuleType:
        return types  # any module: nothing of it is used

    def _with_version(self, version: Any) -> Frame:
        self._version = version
        for column in self._columns:
            column._version = version
        return self

    @property
    def columns(self) -> list[str]:
        return [column.name for column in self._columns]

    def iter_columns(self) -> Iterator[Column]:
        return iter(self._columns)

    def iter_rows(self, *, named: bool = False, buffer_size: int = 512) -> Iterator[tuple[Any, ...]]:  # noqa: ARG002 - asked for by narwhals
        return zip(*(column.values for column in self._columns), strict=True)

    def __len__(self) -> int:
        return len(self._columns[0])
