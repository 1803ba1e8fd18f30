//! The alert sources: query, pages, throttling, streaming, fields.

mod row;

pub use row::AlertRow;
