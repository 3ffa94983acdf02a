//! What a PostgreSQL cluster looks like now.
