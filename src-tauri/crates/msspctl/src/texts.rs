//! The names of the command line's own texts. Their words are in `messages/`, one file a language.

macro_rules! texts {
    ($($name:ident = $key:literal,)+) => {
        /// A text of the command line.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Text {
            $($name,)+
        }

        impl Text {
            /// All of them, for the test that proves that each has its words.
            #[cfg(test)]
            pub(crate) const ALL: &[Self] = &[$(Self::$name),+];

            /// Its key in the message files.
            pub(crate) const fn key(self) -> &'static str {
                match self { $(Self::$name => $key),+ }
            }
        }
    };
}

texts! {
    AskPassphrase = "ask_passphrase",
    None = "none",
    Name = "name",
    Id = "id",
    Tenant = "tenant",
    Cloud = "cloud",
    Region = "region",
    Source = "source",
    Grant = "grant",
    Connector = "connector",
    Application = "application",
    HomeTenant = "home_tenant",
    RedirectUri = "redirect_uri",
    Secret = "secret",
    SecretKept = "secret_kept",
    SecretMissing = "secret_missing",
    EndsOn = "ends_on",
    Consent = "consent",
    Authorisation = "authorisation",
    Files = "files",
    Proof = "proof",
    Portal = "portal",
    Next = "next",
    Alerts = "alerts",
    AllDone = "all_done",
    NoCustomers = "no_customers",
    Forgotten = "forgotten",
    RegisterHeading = "register_heading",
    AppName = "app_name",
    AccountTypes = "account_types",
    Platform = "platform",
    Permissions = "permissions",
    RegisterThen = "register_then",
    AuthoriseHeading = "authorise_heading",
    OpenPage = "open_page",
    TenantId = "tenant_id",
    ApplicationId = "application_id",
    NotNeeded = "not_needed",
    Folder = "folder",
    FileSecret = "file_secret",
    Know = "know",
    Pulled = "pulled",
    Repeats = "repeats",
    Kept = "kept",
    EachSecond = "each_second",
    NoAlerts = "no_alerts",
    JournalWhole = "journal_whole",
    Number = "number",
    Time = "time",
    Action = "action",
    Customer = "customer",
    Outcome = "outcome",
    WhatEnds = "what_ends",
    NothingEnds = "nothing_ends",
    EndsSecret = "ends_secret",
    EndsSignIn = "ends_sign_in",
    EndsSource = "ends_source",
    Days = "days",
    Severity = "severity",
    Device = "device",
    User = "user",
    Title = "title",
    Who = "who",
    Fix = "fix",
    MicrosoftSaid = "microsoft_said",
    Details = "details",
    CorrelationId = "correlation_id",
    TraceId = "trace_id",
    SignInHere = "sign_in_here",
    PasteHere = "paste_here",
    WaitingSignIn = "waiting_sign_in",
    WaitingAuthorisation = "waiting_authorisation",
    Until = "until",
    PracticeDone = "practice_done",
    PracticeKept = "practice_kept",
    Milliseconds = "milliseconds",
    RunTenant = "run_tenant",
    RunCustomer = "run_customer",
    RunRegister = "run_register",
    RunConsent = "run_consent",
    RunAuthorise = "run_authorise",
    RunExport = "run_export",
    RunVerify = "run_verify",
}
