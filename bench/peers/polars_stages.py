"""The stages of `unseat run` in polars, scikit-learn and matplotlib. Run it in a project's folder."""

import numpy as np
import polars as pl
import polars.selectors as cs
from sklearn.preprocessing import OneHotEncoder

import stages


class PolarsFrames:
    """What differs between the peers: how tables are read, cleaned and turned into a matrix."""

    def read(self, paths):
        return pl.concat([pl.scan_csv(path) for path in paths], how="vertical_relaxed").collect()

    def drop_duplicates(self, frame):
        return frame.unique(maintain_order=True)

    def write_parquet(self, frame, path):
        frame.write_parquet(path)

    def split_target(self, frame):
        """Returns the features and the target's values; the target is the last column."""
        return frame[:, :-1], frame[:, -1].to_numpy()

    def take(self, features, rows):
        return features[rows]

    def fit_transformer(self, features):
        """Fits what makes a matrix of features on the training part."""
        return PolarsTransformer(features)

    def predictions(self, columns):
        return pl.DataFrame(columns)


class PolarsTransformer:
    """Fills missing numbers with the median and scales them; makes one column of each category."""

    def __init__(self, features):
        numbers = features.select(cs.numeric())
        filled = numbers.select(pl.all().fill_null(pl.all().median()))
        columns = zip(*(table.row(0) for table in (numbers.median(), filled.mean(), filled.std(ddof=0))))
        self.numeric = dict(zip(numbers.columns, columns))
        self.categories = [
            name
            for name in features.select(~cs.numeric()).columns
            if stages.helps_as_categories(features[name].n_unique(), features.height)
        ]
        self.encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
        if self.categories:
            self.encoder.fit(features.select(self.categories).to_numpy())

    def transform(self, features):
        numbers = features.select(
            (pl.col(name).cast(pl.Float64).fill_null(median) - mean) / (deviation or 1.0)
            for name, (median, mean, deviation) in self.numeric.items()
        ).to_numpy()
        if not self.categories:
            return numbers
        return np.hstack([numbers, self.encoder.transform(features.select(self.categories).to_numpy())])

    def get_feature_names_out(self):
        encoded = self.encoder.get_feature_names_out(self.categories) if self.categories else []
        return [*self.numeric, *encoded]


if __name__ == "__main__":
    stages.main(PolarsFrames(), stages.parser().parse_args().solver)
