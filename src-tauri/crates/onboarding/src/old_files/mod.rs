//! Customers from old connector files: what they say is shown, and the customer is onboarded from them.
//!
//! The invariant: a secret that was found goes from the file to the vault and nowhere else. Until then it lies on the
//! [`Shelf`], for a short while, and callers know it by a name.

mod gather;
mod look;
mod onboard;
mod shelf;

pub(crate) use onboard::Wish;
pub(crate) use shelf::Shelf;

use std::path::PathBuf;
use std::sync::Arc;

use secrecy::SecretString;

use crate::contract::{InspectOldFiles, OldConnector, OldFiles, Problem, ProblemCode};
use crate::{Engine, clock, problems};

/// One old configuration with its secrets.
pub(crate) struct Old {
    pub(crate) view: OldConnector,
    /// Only where it may be one.
    pub(crate) secret: Option<SecretString>,
    pub(crate) refresh_token: Option<SecretString>,
}

impl Engine {
    /// Reads old connector files: what they say, what is stale in them, what is missing. Nothing is stored, and nobody
    /// outside is asked. The secrets in them are remembered for a quarter of an hour.
    ///
    /// # Errors
    ///
    /// `invalid-input` without any path, `file-trouble` for one that is not there, `vault-damaged`.
    pub async fn inspect_old_files(&self, request: InspectOldFiles) -> Result<OldFiles, Problem> {
        let (all, problems, left_out) = self.old_files_at(&request.paths).await?;
        let found = all.iter().map(|old| old.view.clone()).collect();
        let (handle, until) = self.shelf().put(all);
        tracing::info!(files = request.paths.len(), "old connector files were read");
        Ok(OldFiles { handle, until, paths: request.paths, found, problems, left_out })
    }

    /// Forgets what was found, before its time is over.
    pub fn forget_old_files(&self, handle: &str) {
        self.shelf().take_away(handle);
    }

    /// What lies at these paths.
    pub(crate) async fn old_files_at(
        &self,
        paths: &[String],
    ) -> Result<(Vec<Arc<Old>>, Vec<Problem>, Vec<crate::contract::LeftOut>), Problem> {
        let paths: Vec<PathBuf> =
            paths.iter().map(|path| path.trim()).filter(|path| !path.is_empty()).map(PathBuf::from).collect();
        if paths.is_empty() {
            return Err(Problem::new(ProblemCode::InvalidInput)
                .with("field", "paths")
                .with("reason", "old-files-not-named"));
        }
        let today = clock::now().to_zoned(jiff::tz::TimeZone::UTC).date();
        let (findings, left_out) = tokio::task::spawn_blocking(move || {
            let gathered = gather::gather(&paths)?;
            Ok::<_, Problem>((connectors::found_in(&gathered.files, today), gathered.left_out))
        })
        .await
        .map_err(|error| problems::of_panic(&error))??;
        let customers = self.with_vault(vault::Vault::list).await?;
        let clouds = self.clouds();
        let all = look::all(findings.found, &clouds, &customers);
        let problems = findings.problems.iter().map(problems::of_old_file).collect();
        Ok((all.into_iter().map(Arc::new).collect(), problems, left_out))
    }
}
