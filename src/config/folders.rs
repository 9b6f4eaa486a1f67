//! The folders of a model: named, apart from one another, and none of them inside the one that is read.

use std::path::Path;

use super::paths::below;
use super::raw::RawConfig;
use super::stores::Stores;
use crate::model_types::Location;

/// Where the files of a model are.
pub(super) struct Folders {
    /// Source files.
    pub input: Location,
    /// Dated data sets.
    pub output: Location,
    /// Test data.
    pub test: Location,
    /// Versions.
    pub models: Location,
    /// The champion's copy.
    pub deployment: Location,
}

/// Folders are named, and no two of them are the same one.
pub(super) fn check_folders(
    raw: &RawConfig,
    project: &Path,
    stores: &Stores,
    say: &mut impl FnMut(&str, String),
) -> Folders {
    let mut places: Vec<(&str, Location)> = Vec::new();
    let mut place = |key: &'static str, folder: &str, is_written: bool| {
        let found = if folder.trim().is_empty() {
            say(key, "is empty; name a folder".to_string());
            return Location::Folder(below(project, key));
        } else if is_written {
            stores.written(project, folder)
        } else {
            stores.data(project, folder)
        };
        let found = found.unwrap_or_else(|reason| {
            say(key, reason);
            Location::Folder(below(project, key))
        });
        for (other, same) in &places {
            if *same == found {
                say(key, format!("names the same folder as `{other}`"));
            }
        }
        places.push((key, found.clone()));
        found
    };
    let folders = Folders {
        input: place("input_folder_path", &raw.input_folder_path, false),
        output: place("output_folder_path", &raw.output_folder_path, true),
        test: place("test_data_path", &raw.test_data_path, false),
        models: place("output_model_path", &raw.output_model_path, true),
        deployment: place("prod_deployment_path", &raw.prod_deployment_path, true),
    };
    for (key, found) in places.iter().filter(|(_, found)| *found != folders.input) {
        if is_below(found, &folders.input) {
            say(
                key,
                "lies inside `input_folder_path`, below which every file is read as data to train on".to_string(),
            );
        }
    }
    folders
}

fn is_below(place: &Location, other: &Location) -> bool {
    match (place, other) {
        (Location::Folder(place), Location::Folder(other)) => place.starts_with(other),
        (Location::Store(place), Location::Store(other)) => {
            place.url.starts_with(&format!("{}/", other.url))
        }
        _ => false,
    }
}
