"""The stages of `unseat run` in pandas, scikit-learn and matplotlib. Run it in a project's folder."""

import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import stages


class PandasFrames:
    """What differs between the peers: how tables are read, cleaned and turned into a matrix."""

    def __init__(self, engine):
        self.engine = engine

    def read(self, paths):
        return pd.concat([pd.read_csv(path, engine=self.engine) for path in paths], ignore_index=True)

    def drop_duplicates(self, frame):
        return frame.drop_duplicates(ignore_index=True)

    def write_parquet(self, frame, path):
        frame.to_parquet(path, index=False, compression="zstd")

    def split_target(self, frame):
        """Returns the features and the target's values; the target is the last column."""
        return frame.iloc[:, :-1], frame.iloc[:, -1].to_numpy()

    def take(self, features, rows):
        return features.iloc[rows]

    def fit_transformer(self, features):
        """Fits what makes a matrix of features on the training part."""
        numeric = features.select_dtypes("number").columns
        categories = [
            column
            for column in features.columns.difference(numeric, sort=False)
            if stages.helps_as_categories(features[column].nunique(), len(features))
        ]
        transformer = make_column_transformer(
            (make_pipeline(SimpleImputer(strategy="median"), StandardScaler(copy=False)), list(numeric)),
            (OneHotEncoder(handle_unknown="ignore", sparse_output=False), categories),
            verbose_feature_names_out=False,
        )
        return transformer.fit(features)

    def predictions(self, columns):
        return pd.DataFrame(columns)


if __name__ == "__main__":
    parser = stages.parser()
    parser.add_argument("--engine", default="c", choices=["c", "pyarrow"], help="that reads CSV; c is pandas' default")
    arguments = parser.parse_args()
    stages.main(PandasFrames(arguments.engine), arguments.solver)
