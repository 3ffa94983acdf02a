//! What a person or a program reads of a run: terminal, JSON lines, diffs, diagnostics.
