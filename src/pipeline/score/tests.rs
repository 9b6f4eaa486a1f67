//! Predictions over other classes.
