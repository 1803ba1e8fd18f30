//! What to know about a rendered set, as words that the caller has texts for.

use crate::words::words;

words! {
    /// Something the engineer should know before using the files.
    Note {
        /// Some values are in no configuration file: they are typed from the value sheet.
        ValuesToType = "values-to-type",
        /// Microsoft calls the `FlexConnector` retired; a `SmartConnector` for Defender XDR replaced it.
        FlexconnectorRetired = "flexconnector-retired",
        /// This mapping follows the formats' documentation, and no live connector has run it.
        UntestedOnLiveConnector = "untested-on-live-connector",
        /// The first items of an alert's evidence are mapped; the rest stays in the raw event.
        FirstEvidenceOnly = "first-evidence-only",
        /// One event is one incident; its first alert lends category and device.
        OneEventPerIncident = "one-event-per-incident",
        /// The redirect is `https` on this computer: the browser asks to trust the connector's own certificate.
        RedirectCertificate = "redirect-certificate",
        /// The reader makes one event of a whole page, for want of a handler that knows `value`.
        WholePageIsOneEvent = "whole-page-is-one-event",
        /// Polls overlap, and alerts repeat: remove duplicates when searching.
        OverlappingPolls = "overlapping-polls",
        /// The secret and the tokens lie in the file in clear; later versions can refer to their own store.
        SecretsInClear = "secrets-in-clear",
        /// Every refresh is followed by one request without a token, hence one 401 in the log.
        OneUnauthorisedPerRefresh = "one-unauthorised-per-refresh",
        /// Later versions ask for an activation key of the engineer's own.
        ActivationKey = "activation-key",
        /// The reader does not check certificates when it reads alerts.
        CertificatesUnchecked = "certificates-unchecked",
        /// Naming a private certificate authority needs a later version.
        CaNeedsLaterVersion = "ca-needs-later-version",
        /// The reader refuses plain `http` for tokens or alerts.
        HttpsNeeded = "https-needed",
        /// Whoever reads these files must keep the new refresh token that each use returns.
        RotationIsYours = "rotation-is-yours",
        /// Shells read a value of the `.env` file as written; some other readers of such files do not.
        EnvReadersDisagree = "env-readers-disagree",
        /// The reader does not keep the new refresh token of each use: the one in the file is replayed until it ends.
        RotatedTokenLost = "rotated-token-lost",
        /// The reader takes the first page of an answer only: more alerts than that at once are missed.
        FirstPageOnly = "first-page-only",
        /// The reader knows Microsoft's own hosts by heart and takes no others: a lab must stand in for them by name.
        MicrosoftHostsOnly = "microsoft-hosts-only",
        /// Ids differ from one installation to the next: the files name what to look up.
        IdsToLookUp = "ids-to-look-up",
        /// The reader pastes the secret into a form as it is, so it stands percent-encoded in the file.
        SecretPercentEncoded = "secret-percent-encoded",
        /// Microsoft has taken no new integrations of the legacy SIEM API since 25 November 2021.
        LegacyClosed = "legacy-closed",
        /// A private certificate authority belongs into the trust store of the reader's host.
        CaInHostStore = "ca-in-host-store",
        /// The second file is an event breaker that splits a page into alerts: import it first.
        EventBreakerFirst = "event-breaker-first",
        /// No schedule is in the file: set one after import.
        ScheduleToSet = "schedule-to-set",
        /// The vendor's page still speaks of Graph's older alerts and their permission: look at what arrives.
        OlderGraphAlerts = "older-graph-alerts",
        /// Two mappings are in the set: 2.0, and 1.0 for content that was built on it.
        TwoMappings = "two-mappings",
    }
}
