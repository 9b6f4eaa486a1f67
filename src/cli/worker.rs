use super::{Failure, Global};
use crate::config::Config;
use crate::jobs::Queue;
pub async fn until_empty(_: &Global, _: &Config, _: Queue) -> Result<u8, Failure> {
    todo!()
}
pub async fn work(
    _: Global,
    _: Config,
    _: Queue,
    mut stop: tokio::sync::watch::Receiver<bool>,
) -> Result<(), Failure> {
    let _ = stop.wait_for(|stop| *stop).await;
    Ok(())
}
