//! Nothing good is lost: what is no news, and what becomes of a database, a name or a folder that goes.

mod adopt;
mod at_work;
mod backup;
mod news;
mod places;
mod read_only;
mod rename;
mod replaced;
