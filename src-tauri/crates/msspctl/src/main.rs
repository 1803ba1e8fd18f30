//! The command line of MSSP Onboard.

fn main() {}
