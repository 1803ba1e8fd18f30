//! The practice tenant: a faithful simulator of Entra, the alert APIs and the portals.
