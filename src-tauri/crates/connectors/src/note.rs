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
    }
}
