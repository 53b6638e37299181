//! What injection does to a pod: `decide` says whether and how, [`Plan::patch`] writes it as an additive JSON patch,
//! [`status`] tells what came of it. Pure: no clock, no network, no async runtime; everything comes in as an argument.

mod decide;
pub mod manifest;
mod plan;
mod pod;
mod ports;
mod proxies;
mod reason;
pub mod status;

pub use decide::{Decision, Labels, decide, select_exporter, selects};
pub use plan::{Defaults, Plan, Target};
pub use pod::{Container, EnvVar, PodView};
pub use reason::{Reason, Warning};
