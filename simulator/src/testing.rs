//! Data that the unit tests share.
#![allow(clippy::unwrap_used, reason = "a test reports a failed expectation with a panic")]

use crate::perform::World;
use crate::routes::Routes;
use crate::{Simulation, SimulatorConfig, seed};
use std::sync::Arc;

/// The routes of the embedded package.
pub(crate) fn routes() -> Routes {
    let simulation = Simulation::new(SimulatorConfig::default()).unwrap();
    Routes::new(Arc::new(simulation.catalog().clone()))
}

/// The initial world of the default configuration.
pub(crate) fn world() -> World {
    let config = SimulatorConfig::default();
    seed::world(&config, &routes(), config.clock.now())
}
