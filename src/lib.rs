//! trueup makes hosts true to what was declared.
