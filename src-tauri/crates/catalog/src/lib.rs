//! What Microsoft publishes, as data: clouds, alert sources, permissions, error codes.
//!
//! Everything that changes without us lies in the TOML files of `data/`, each with the day on which it was checked;
//! this crate reads them and gives them types. It talks to nobody and decides nothing. The invariant: a value that a
//! data file holds is never repeated in code.

mod address;
mod api_error;
mod cause;
mod cloud;
mod cloud_file;
mod error_code;
mod ids;
mod permission;
mod source;

use std::sync::LazyLock;

use jiff::civil::Date;

pub use address::{AddressFault, under};
pub use api_error::{ApiErrorEntry, api_error};
pub use cause::{Cause, Causes, cause, causes, causes_of};
pub use cloud::Cloud;
pub use cloud_file::{CloudFileError, CloudFileFault};
pub use error_code::{ErrorEntry, aadsts, look_up};
pub use ids::{GrantKind, Region, SourceId, UnknownName};
pub use permission::{Permission, permissions_for};
pub use source::{Audience, NotOffered, NotOfferedReason, Pages, Source, SourceState};

/// All of the data, parsed.
#[derive(Debug)]
pub struct Catalog {
    /// The clouds, in the order in which they are offered. The first one is the default.
    pub clouds: Vec<Cloud>,
    /// The alert sources, in the order of [`SourceId::ALL`].
    pub sources: Vec<Source>,
    /// The permissions.
    pub permissions: Vec<Permission>,
    /// The error codes, in ascending order.
    pub errors: Vec<ErrorEntry>,
    /// The refusals of APIs, in the order in which they are tried.
    pub api_errors: Vec<ApiErrorEntry>,
    /// The causes of problems.
    pub causes: Causes,
    /// The day on which the least recently checked data file was checked.
    pub checked: Date,
}

static CATALOG: LazyLock<Catalog> = LazyLock::new(read);

/// The data, parsed at the first call.
pub fn catalog() -> &'static Catalog {
    &CATALOG
}

#[expect(clippy::expect_used, reason = "the data is part of the program; a test reads all of it")]
fn read() -> Catalog {
    let (clouds, clouds_checked) =
        cloud::parse(include_str!("../data/clouds.toml")).expect("clouds.toml is well-formed");
    let (sources, sources_checked) =
        source::parse(include_str!("../data/sources.toml")).expect("sources.toml is well-formed");
    let (permissions, permissions_checked) =
        permission::parse(include_str!("../data/permissions.toml")).expect("permissions.toml is well-formed");
    let (errors, errors_checked) =
        error_code::parse(include_str!("../data/aadsts.toml")).expect("aadsts.toml is well-formed");
    let (api_errors, api_errors_checked) =
        api_error::parse(include_str!("../data/api-errors.toml")).expect("api-errors.toml is well-formed");
    let (causes, causes_checked) =
        cause::parse(include_str!("../data/causes.toml")).expect("causes.toml is well-formed");
    let checked = [sources_checked, permissions_checked, errors_checked, api_errors_checked, causes_checked]
        .into_iter()
        .fold(clouds_checked, Date::min);
    Catalog { clouds, sources, permissions, errors, api_errors, causes, checked }
}

/// A TOML date as jiff's.
fn date(date: toml::value::Datetime) -> Result<Date, toml::de::Error> {
    date.to_string().parse().map_err(serde::de::Error::custom)
}
