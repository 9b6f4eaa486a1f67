//! The same project by this machine and by an engine. With the feature `spark`, and where `UNSEAT_SAIL_PYTHON` names an interpreter with
//! what `bench/sail-requirements.txt` lists, a server of Sail is started; `UNSEAT_SPARK_URL` names another server of Spark Connect on this
//! machine in its place.

#[cfg(feature = "spark")]
mod boosted;
#[cfg(feature = "spark")]
mod cancel;
#[cfg(feature = "spark")]
mod data;
#[cfg(feature = "spark")]
mod equal;
#[cfg(feature = "spark")]
mod faults;
#[cfg(feature = "spark")]
mod predict;
#[cfg(feature = "spark")]
mod proxy;
#[cfg(feature = "spark")]
mod sail;
mod settings;
#[cfg(feature = "spark")]
mod stores;
#[cfg(feature = "spark")]
mod target_means;
#[cfg(feature = "spark")]
mod tree_faults;
