//! The `trueup` command: a thin shell around the library.

fn main() -> std::process::ExitCode {
    trueup::cli::main()
}
