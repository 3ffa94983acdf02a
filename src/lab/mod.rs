//! Providers that make hosts.
