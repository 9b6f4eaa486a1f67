//! Learning by the engine that has all rows: the last fit of a learner that needs only sums over them. Everything else is done on the
//! sample, and said.

use super::dataset::Dataset;
use super::error::Error;
use super::fit::Material;
use crate::bundle::Bundle;
use crate::config::learner::Learner;

/// The rows of a data set in its engine, for a fit.
pub struct Elsewhere<'a> {
    material: &'a Material<'a>,
    #[cfg(feature = "spark")]
    record: &'a super::dataset::EngineRecord,
}

impl<'a> Elsewhere<'a> {
    /// Where an engine has the rows of a data set.
    ///
    /// # Errors
    /// When the settings no longer name the engine that has them, or this program has none.
    pub fn of(
        material: &'a Material<'a>,
        dataset: &'a Dataset,
    ) -> Result<Option<Elsewhere<'a>>, Error> {
        let Some(_record) = super::engine::record_of(material.config, dataset)? else {
            return Ok(None);
        };
        #[cfg(not(feature = "spark"))]
        return Err(super::engine::not_built_in());
        #[cfg(feature = "spark")]
        Ok(Some(Elsewhere {
            material,
            record: _record,
        }))
    }

    /// Rows that the engine has.
    pub fn rows(&self) -> usize {
        #[cfg(not(feature = "spark"))]
        return 0;
        #[cfg(feature = "spark")]
        return self.record.rows as usize;
    }

    /// Puts into a bundle what the engine learns from all rows but some of the sample; gives one line on what was learned from.
    /// `learned` are the rows of the sample that are not held back.
    ///
    /// # Errors
    /// When the engine fails or goes away.
    #[cfg(not(feature = "spark"))]
    pub fn fit_into(
        &self,
        _: &mut Bundle,
        _: &Learner,
        _: &[u32],
        _: &[u32],
    ) -> Result<Vec<String>, Error> {
        let _ = self.material;
        Err(super::engine::not_built_in())
    }

    /// Puts into a bundle what the engine learns from all rows but some of the sample; gives one line on what was learned from.
    /// `learned` are the rows of the sample that are not held back.
    ///
    /// # Errors
    /// When the engine fails or goes away.
    #[cfg(feature = "spark")]
    pub fn fit_into(
        &self,
        bundle: &mut Bundle,
        learner: &Learner,
        learned: &[u32],
        held: &[u32],
    ) -> Result<Vec<String>, Error> {
        by_engine::fit_into(self.material, self.record, bundle, learner, (learned, held))
    }
}

#[cfg(feature = "spark")]
mod by_engine {
    use super::{Bundle, Error, Learner, Material};
    use crate::config::ModelConfig;
    use crate::data::{Column, Schema};
    use crate::engine::{self, Goal, Here, Learned, Rows, Scratch};
    use crate::features;
    use crate::learners::Target;
    use crate::model_types::Location;
    use crate::pipeline::dataset::EngineRecord;
    use crate::pipeline::engine::{folder_of, open, scratch_of};
    use crate::pipeline::fit::derived;
    use crate::text::counted;

    pub fn fit_into(
        material: &Material<'_>,
        record: &EngineRecord,
        bundle: &mut Bundle,
        learner: &Learner,
        (learned, held): (&[u32], &[u32]),
    ) -> Result<Vec<String>, Error> {
        let goal = match material.wanted.classes() {
            [] => Goal::Numbers,
            classes => Goal::Classes(classes),
        };
        let found = match engine::not_pushed(learner, goal) {
            Some(why) => Err(why),
            None => learn(material, record, bundle, (learner, goal), (learned, held))?,
        };
        let sample = format!(
            "a sample of {} of {}",
            record.sample_rows,
            counted(record.rows, "row")
        );
        Ok(match found {
            Err(why) if record.is_whole() => {
                vec![format!(
                    "learned on this machine, since {why} needs the rows"
                )]
            }
            Err(why) => vec![format!("learned from {sample}, since {why} needs the rows")],
            Ok(learned) => {
                let told = format!(
                    "learned by the engine from {} in {} pass{}; checked, split and profiled on {sample}",
                    counted(learned.rows, "row"),
                    learned.passes,
                    if learned.passes == 1 { "" } else { "es" },
                );
                let notes = learned.notes.clone();
                put(bundle, learned, held.is_empty());
                std::iter::once(told).chain(notes).collect()
            }
        })
    }

    fn put(bundle: &mut Bundle, learned: Learned, is_last: bool) {
        // A last fit on both parts leaves what was said of the training part.
        let validation = bundle.data.validation_rows;
        bundle.data.train_rows = if is_last {
            learned.rows.saturating_sub(validation)
        } else {
            learned.rows
        };
        if !is_last && !learned.classes.is_empty() {
            let share = |rows: &u64| *rows as f64 / learned.rows.max(1) as f64;
            bundle.prior = learned.classes.iter().map(share).collect();
        }
        bundle.transformer = learned.transformer;
        bundle.predictor = learned.predictor;
        bundle.dropped = learned.dropped;
    }

    fn learn(
        material: &Material<'_>,
        record: &EngineRecord,
        bundle: &Bundle,
        (learner, goal): (&Learner, Goal<'_>),
        (learned, held): (&[u32], &[u32]),
    ) -> Result<Result<Learned, String>, Error> {
        // The sample decides what a column of texts is: the engine makes no parts of times.
        if let Some(dates) = bundle.transformer.prepare.dates.first() {
            return Ok(Err(format!("column `{}`, a time,", dates.column)));
        }
        let config: &ModelConfig = material.config;
        let session = open(config)?;
        let path = folder_of(config, &record.folder)?;
        let places = match held {
            [] => Vec::new(),
            held => {
                let keys = engine::keys(&session, &path, record.sample_millionths)?;
                if keys.len() != material.frame.height() {
                    return Err(Error::NoEngine(format!(
                        "{} places were found of a sample of {} rows; ingest again",
                        keys.len(),
                        material.frame.height()
                    )));
                }
                held.iter().map(|&row| keys[row as usize]).collect()
            }
        };
        let schema = Schema::of(material.frame);
        let target: Column = schema.get(&bundle.target).cloned().ok_or_else(|| {
            Error::NoEngine(format!("the sample has no column `{}`", bundle.target))
        })?;
        let part = material.wanted.part(learned);
        let target_of_sample = part.target();
        let plan = features::Plan {
            excluded: material.excluded,
            settings: &config.features,
            purpose: features::Purpose::of(learner.kind),
            goal: Some(match target_of_sample {
                Target::Classes(class, n_classes) => features::Goal::Classes(class, n_classes),
                Target::Numbers(numbers) => features::Goal::Numbers(numbers),
            }),
            seed: config.split.seed,
            derived: &derived(config),
            times: &config.times(),
            reading: &config.ingest.times(),
        };
        let scratch = scratch_of(&record.folder);
        let remove = |below: &str| remove(&config.output_folder, &scratch, below);
        let rows = Rows {
            path: &path,
            target: &target,
            sample_millionths: record.sample_millionths,
            held_back: &places,
            scratch: Scratch {
                path: &folder_of(config, &scratch)?,
                remove: &remove,
            },
        };
        let held_part = material.wanted.part(held);
        let here = Here {
            frame: material.frame,
            rows: learned,
            target: target_of_sample,
            held: (!held.is_empty()).then(|| (held, held_part.target())),
        };
        // What a run that was killed left.
        remove("");
        let found = engine::learn(&session, &rows, goal, &plan, learner, &here);
        remove("");
        Ok(found?)
    }

    /// Removes what the engine wrote for as long as a model is learned. What stays for now, of a store or for want of a right, is removed
    /// with the data set's other parts by the next run.
    fn remove(place: &Location, scratch: &str, below: &str) {
        if let Location::Folder(folder) = place {
            let _ = std::fs::remove_dir_all(folder.join(scratch).join(below));
        }
    }
}
