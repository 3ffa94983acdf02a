//! The command line as a user meets it: help, and what is said to words and files that are wrong.

#[test]
fn commands_say_what_they_say() {
    trycmd::TestCases::new()
        .env("NO_COLOR", "1")
        .env("TRUEUP_INVENTORY", "")
        .env("XDG_STATE_HOME", "/nonexistent")
        .case("tests/cmd/*.trycmd");
}
